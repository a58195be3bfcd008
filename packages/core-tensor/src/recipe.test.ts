import { describe, expect, it } from 'vitest';
import { defineRecipe, parseRecipe, type RecipeInput } from './recipe.ts';

const recipe = (): RecipeInput => ({
  name: 'small',
  model: { use: 'model/baseline' },
  streams: { main: { dataset: { use: 'dataset/market1501' }, sampler: { use: 'sampler/pk' }, transforms: [{ use: 'transform/flip' }] } },
  stages: [
    {
      name: 'only',
      epochs: 3,
      losses: { id: { use: 'loss/cross-entropy', reads: { logits: 'outputs.logits.global' } } },
      optimizer: { use: 'optimizer/adam', options: { rate: 1e-3 } },
      schedule: { use: 'schedule/constant' },
    },
  ],
  evaluation: { transforms: [], protocol: { use: 'protocol/market1501' }, scorer: { use: 'scorer/cosine' } },
});
const messageOf = (change: (json: any) => void): string => {
  const json = recipe();
  change(json);
  try {
    parseRecipe(json, 'recipe.json');
  } catch (error) {
    expect(error).toMatchObject({ code: 'RECIPE_INVALID' });
    return (error as Error).message;
  }
  return 'accepted';
};

describe('a recipe', () => {
  it('is data: written as JSON and read again it is the same', () => {
    const defined = defineRecipe(recipe());
    expect(parseRecipe(JSON.parse(JSON.stringify(defined)))).toEqual(defined);
    expect(defined).toMatchObject({
      seed: 1,
      preset: 'paper',
      stages: [{ trainable: ['*'], streams: ['main'], losses: { id: { weight: 1 } } }],
    });
  });

  it('names every problem at once, with the nearest key', () => {
    const message = messageOf((json) => {
      json.sed = 2;
      json.stages[0].epohcs = 1;
      json.stages[0].losses.id.reads.labels = 'labels';
    });
    expect(message).toContain('recipe.json is not a recipe:');
    expect(message).toContain('unknown option "sed". Did you mean "seed"?');
    expect(message).toContain('"stages.0": unknown option "epohcs". Did you mean "epochs"?');
    expect(message).toContain('"stages.0.losses.id.reads.labels": expected a name like "outputs.global"');
  });

  it('wants components of the right kind, and streams that there are', () => {
    expect(messageOf((json) => (json.model.use = 'encoder/vit'))).toContain(
      '"model": expected a component of kind "model", got "encoder/vit"',
    );
    expect(messageOf((json) => (json.stages[0].streams = ['other']))).toContain(
      'trains on the stream "other", which it does not have. It has main.',
    );
    expect(messageOf((json) => (json.stages[0].losses = {}))).toContain('expected at least one loss');
    expect(messageOf((json) => delete json.stages)).toContain('"stages": missing, expected array');
  });
});

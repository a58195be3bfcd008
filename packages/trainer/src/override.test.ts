import { describe, expect, it } from 'vitest';
import { applyOverrides } from './override.ts';

const recipe = {
  seed: 1,
  stages: [{ epochs: 5, optimizer: { use: 'optimizer/adam', options: { rate: 0.1 } } }],
  model: { use: 'model/baseline' },
};

describe('applyOverrides', () => {
  it('changes values by path and reads JSON', () => {
    const changed = applyOverrides(recipe, ['stages.0.epochs=10', 'seed=7', 'stages.0.optimizer.options.rate=3e-4']);
    expect(changed.stages[0]).toEqual({ epochs: 10, optimizer: { use: 'optimizer/adam', options: { rate: 3e-4 } } });
    expect(changed.seed).toBe(7);
    expect(recipe.seed).toBe(1);
  });

  it('changes one of two places that hold the same value', () => {
    const dataset = { use: 'dataset/market1501', options: { root: 'a' } };
    const changed = applyOverrides({ main: { dataset }, evaluation: { dataset } }, ['evaluation.dataset.options.root=b']);
    expect(changed.main.dataset.options.root).toBe('a');
    expect(changed.evaluation.dataset.options.root).toBe('b');
  });

  it('sets options of a component that the recipe leaves at their defaults', () => {
    expect(applyOverrides(recipe, ['model.options.classes=3']).model).toEqual({ use: 'model/baseline', options: { classes: 3 } });
    expect(applyOverrides(recipe, ['stages.0.optimizer.options.amsgrad=true']).stages[0]!.optimizer.options).toEqual({
      rate: 0.1,
      amsgrad: true,
    });
  });

  it('takes what is no JSON as text', () => {
    expect(applyOverrides({ name: 'a' }, ['name=paper']).name).toBe('paper');
  });

  it('names the nearest key for a path that leads nowhere', () => {
    expect(() => applyOverrides(recipe, ['stages.0.epoch=3'])).toThrow(/there is no "epoch"\. Did you mean "epochs"\?/);
    expect(() => applyOverrides(recipe, ['stages.4.epochs=3'])).toThrow(/there is no "4"/);
    expect(() => applyOverrides(recipe, ['seed.x=3'])).toThrow(/inside a plain value/);
    expect(() => applyOverrides(recipe, ['epochs'])).toThrow(/expects path=value/);
  });
});

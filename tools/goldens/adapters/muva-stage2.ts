import { type HostTensor, type HostTensors, scoped, sigmoid, toTensor, transpose } from '@reidkit/core-tensor';
import type { BatchSource, BatchSources } from '@reidkit/trainer';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { muvaBatch, withPromptWords } from '../muva-batches.ts';
import { muvaRecipe } from '../muva-case.ts';
import { tensorSources } from '../tensor-sources.ts';
import { compareGradients, compareSteps, compareWeights, evaluatePass, type RecipeCase, startingWeights, trainRecipe } from '../train-recipe.ts';

const TERMS = { ce: 'identity', pcl: 'prototypes', i2tce: 'imageToText' };
const MEMORY = 'losses.prototypes.prototypes';

/** The numbers of a case in the losses of the recipe. */
function lossesOf(golden: GoldenCase, losses: ReturnType<typeof muvaRecipe>['stages'][number]['losses']): typeof losses {
  const { config } = golden.json;
  const options: Readonly<Record<string, object>> = {
    prototypes: { temperature: config.memory_temperature, momentum: config.memory_momentum, update: config.memory_hard ? 'hardest' : 'all' },
    imageToText: { normalize: config.i2t_normalised, temperature: config.i2t_tau },
  };
  return Object.fromEntries(
    Object.entries(losses).map(([name, loss]) => {
      const weight = name === 'mask' || name === 'dice' ? config.mask_weight : loss.weight;
      const width = (1 + config.parts.length) * config.output_dim;
      const sizes = name === 'prototypes' ? { width } : {};
      return [name, { ...loss, weight, options: { ...((loss.options as object | undefined) ?? {}), ...sizes, ...options[name] } }];
    }),
  );
}

/** Probabilities from logits, layers first: `[B, L, P, N]` → `[L, B, P, N]`. */
function probabilitiesOf(logits: HostTensor): Float32Array {
  return scoped(() => sigmoid(transpose(toTensor(logits), [1, 0, 2, 3])).dataSync() as Float32Array).slice();
}

/** The same batches, the last one being that of a given step. */
function until(sources: BatchSources, stepsPerEpoch: number, last: number): BatchSources {
  const training: BatchSources['training'] = async (stream, withImages) => {
    const source = await sources.training(stream, withImages);
    const epoch: BatchSource['epoch'] = async function* (at, from) {
      let step = at * stepsPerEpoch + (from ?? 0);
      for await (const batch of source.epoch(at, from)) if (step++ <= last) yield batch;
    };
    return { ...source, epoch };
  };
  return { ...sources, training };
}

/** The prototypes after every step: the state of a run that ends there. */
async function compareMemories(golden: GoldenCase, stageCase: RecipeCase, stepsPerEpoch: number): Promise<void> {
  const { recipe, sources } = stageCase;
  for (let step = 0; step < golden.json.steps; step++) {
    const epochs = Math.floor(step / stepsPerEpoch) + 1;
    const stages = recipe.stages.map((stage) => ({ ...stage, epochs }));
    const { tensors } = await trainRecipe(golden, { ...stageCase, recipe: { ...recipe, stages }, sources: until(sources, stepsPerEpoch, step) });
    golden.report.compare(`out/${step}/memory`, tensors[MEMORY]!.data, golden.tensor(`out/${step}/memory`));
  }
}

export const adapter: GoldenAdapter = {
  family: 'muva-stage2',
  async run(given) {
    const golden = withPromptWords(given);
    const { config } = golden.json;
    const { classes, images, batch_size: batchSize, steps_per_epoch: stepsPerEpoch, epochs } = config;
    const { lr: rate, weight_decay: weightDecay, predictor_lr_factor: rateFactor } = config;
    const { milestones, gamma, warmup_factor: factor, warmup_iters: length } = config;
    const whole = muvaRecipe(golden);
    const stage = whole.stages.find(({ name }) => name === 'image')!;
    const recipe = {
      ...whole,
      stages: [
        {
          ...stage,
          epochs,
          frozen: [...stage.frozen, 'image_encoder.conv1.*'],
          losses: lossesOf(golden, stage.losses),
          optimizer: { use: 'optimizer/adam', options: { rate, weightDecay, groups: [{ match: 'residual_mask_predictor.*', rateFactor, weightDecay: 0 }] } },
          schedule: { use: 'schedule/multistep', options: { milestones, gamma, first: 1, warmup: { length, factor } } },
        },
      ],
    };
    const set = muvaBatch(golden, 'set');
    const batch = (step: number): HostTensors => muvaBatch(golden, String(step));
    const prompts = Object.fromEntries(Object.entries(startingWeights(golden)).filter(([name]) => name.startsWith('prompt_learner.')));
    const stageCase: RecipeCase = {
      recipe,
      facts: { data: { classes, cameras: 0, views: 0, records: images } },
      labels: { main: set.labels!.data },
      sources: tensorSources({ stepsPerEpoch, batchSize, batch, records: () => [set] }),
      artefacts: { prompts },
    };
    const { steps, tensors, artefacts, built } = await trainRecipe(golden, stageCase);
    const weighted = steps.map((step) => ({ ...step, mask: step.mask! * config.mask_weight, dice: step.dice! * config.mask_weight }));
    compareSteps(golden, weighted, { ...TERMS, mask: 'mask', dice: 'dice', total: 'total' });
    golden.report.compare('out/text_features', (await artefacts.get('textFeatures')).value!.data, golden.tensor('out/text_features'));
    compareWeights(golden, tensors);
    const ofModel = Object.fromEntries(Object.entries(tensors).filter(([path]) => !path.startsWith('losses.')));
    const seen = await evaluatePass(built, ofModel, 'images', batch(0), ['descriptor', 'regions.logits']);
    golden.report.compare('out/final/embedding', seen.descriptor!.data, golden.tensor('out/final/embedding'));
    golden.report.compare('out/final/mask_probs', probabilitiesOf(seen['regions.logits']!), golden.tensor('out/final/mask_probs'));
    await compareMemories(golden, stageCase, stepsPerEpoch);
    await compareGradients(golden, stageCase);
  },
};

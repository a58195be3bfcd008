import { type Backend, corePlugin, createRegistry, hostTensor, type HostTensors, Random, sizeOf, useBackend } from '@reidkit/core-tensor';
import { datasetsPlugin } from '@reidkit/datasets';
import { encodersPlugin, RESNET_TINY, VIT_TINY } from '@reidkit/encoders';
import { evalPlugin } from '@reidkit/eval';
import { lossesPlugin } from '@reidkit/losses';
import { baseline, recipesPlugin } from '@reidkit/recipes';
import { buildRun } from '@reidkit/trainer';

/** Encoders by name, small enough for tests. */
export const ENCODERS = {
  vit: { use: 'encoder/vit', options: { ...VIT_TINY, imageSize: [64, 32] } },
  resnet: { use: 'encoder/resnet', options: { ...RESNET_TINY, imageSize: [64, 32] } },
} as const;

/** Optimizers by name. */
export const OPTIMIZERS = {
  adam: { use: 'optimizer/adam', options: { rate: 1e-4, weightDecay: 5e-4 } },
  sgd: { use: 'optimizer/sgd', options: { rate: 1e-4, momentum: 0.9, weightDecay: 5e-4 } },
} as const;

const BATCH = 8;
const CLASSES = 8;
const SHAPE = [BATCH, 64, 32, 3];

/** What training gave. */
export interface Trained {
  /** Of each step, the total loss. */
  readonly losses: readonly number[];
  readonly parameters: HostTensors;
}

/** Trains the baseline's own step with a small encoder, on batches that are the same for every engine. */
export async function train(
  backend: Backend,
  encoder: keyof typeof ENCODERS,
  optimizer: keyof typeof OPTIMIZERS,
  steps: number,
): Promise<Trained> {
  await useBackend(backend);
  const registry = createRegistry(corePlugin, lossesPlugin, encodersPlugin, datasetsPlugin, evalPlugin, recipesPlugin);
  const recipe = baseline({ preset: 'paper' });
  recipe.model = { ...recipe.model, options: { ...(recipe.model.options as object), encoder: ENCODERS[encoder] } };
  recipe.stages[0]!.optimizer = OPTIMIZERS[optimizer];
  const facts = { data: { classes: CLASSES, cameras: 6, views: 0, records: 1 } };
  const { stages } = buildRun(recipe, facts, registry);
  const [stage] = stages as [(typeof stages)[0]];
  const program = backend.makeProgram(stage.plan.step, stage.plan.values(Random.seed(1), { parameters: {}, state: {} }));
  const hyper = stage.optimizer.hyper((rate) => rate);
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const batch: HostTensors = {
      images: hostTensor(Random.seed(2).fork(i).normal(sizeOf(SHAPE)), SHAPE),
      labels: hostTensor(
        Int32Array.from({ length: BATCH }, (_, k) => (k >> 1) + (i % 2) * 4),
        [BATCH],
        'int32',
      ),
      valid: hostTensor(new Uint8Array(BATCH).fill(1), [BATCH], 'bool'),
    };
    const report = await program.run({ batch, hyper, random: Random.seed(3).fork(i) });
    losses.push(report.losses.total!);
  }
  const { parameters } = await program.read();
  program.dispose();
  return { losses, parameters };
}

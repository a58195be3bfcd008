import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxBackend } from '@reidkit/backend-onnx';
import { corePlugin, createRegistry, defineRecipe, type Recipe, type RecipeInput, type Registry, useBackend } from '@reidkit/core-tensor';
import { datasetsPlugin, synthesize } from '@reidkit/datasets';
import { encodersPlugin } from '@reidkit/encoders';
import { evalPlugin } from '@reidkit/eval';
import { lossesPlugin } from '@reidkit/losses';
import { recipesPlugin } from '@reidkit/recipes';
import { trainerPlugin } from './plugin.ts';

/** What the tests of the trainer work on: a few people as files, and a model of a few thousand parameters. */
export interface SmallRun {
  readonly folder: string;
  readonly data: string;
  readonly registry: Registry;
  recipe(changes?: Partial<RecipeInput>): Recipe;
  remove(): Promise<void>;
}

/** Draws the people and starts the engine with one thread. */
export async function smallRun(): Promise<SmallRun> {
  await useBackend(onnxBackend({ threads: 1 }));
  const folder = await mkdtemp(join(tmpdir(), 'reidkit-run-'));
  const data = join(folder, 'data');
  const sidecars = { masks: false, parts: false, garments: false, captions: 0 };
  const options = {
    trainIdentities: 8,
    testIdentities: 4,
    cameras: 3,
    trainImages: [2, 2] as [number, number],
    distractors: 4,
    junk: 1,
    sidecars,
  };
  await synthesize({ out: data, options, workers: 1 });
  const resize = { use: 'transform/resize', options: { height: 32, width: 16, filter: 'bilinear' } };
  const normalize = { use: 'transform/normalize', options: { constants: 'half' } };
  const encoder = { use: 'encoder/vit', options: { imageSize: [32, 16], patch: 8, width: 24, depth: 2, heads: 2, dropPath: 0.2 } };
  return {
    folder,
    data,
    registry: createRegistry(corePlugin, lossesPlugin, encodersPlugin, datasetsPlugin, evalPlugin, recipesPlugin, trainerPlugin),
    recipe: (changes = {}) =>
      defineRecipe({
        name: 'small',
        seed: 3,
        model: { use: 'model/baseline', options: { encoder, classes: { $ref: 'data.classes' } } },
        streams: {
          main: {
            dataset: { use: 'dataset/market1501', options: { root: data } },
            sampler: { use: 'sampler/pk', options: { identities: 4, images: 2 } },
            transforms: [resize, { use: 'transform/flip' }, normalize, { use: 'transform/random-erasing' }],
          },
        },
        stages: [
          {
            name: 'train',
            epochs: 2,
            losses: { identity: { use: 'loss/cross-entropy', options: { smoothing: 0.1 } }, triplet: { use: 'loss/triplet' } },
            optimizer: { use: 'optimizer/adam', options: { rate: 1e-3 } },
            schedule: { use: 'schedule/cosine', options: { length: 2 } },
          },
        ],
        evaluation: {
          transforms: [resize, normalize],
          protocol: { use: 'protocol/market1501' },
          scorer: { use: 'scorer/cosine', options: { descriptor: 'global.bn' } },
          batchSize: 8,
        },
        ...changes,
      }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

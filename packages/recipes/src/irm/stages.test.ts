import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxBackend } from '@reidkit/backend-onnx';
import { corePlugin, createRegistry, currentBackend, readSafetensors, type Recipe, useBackend } from '@reidkit/core-tensor';
import { datasetsPlugin, synthesize } from '@reidkit/datasets';
import { encodersPlugin } from '@reidkit/encoders';
import { evalPlugin } from '@reidkit/eval';
import { lossesPlugin } from '@reidkit/losses';
import { hashFile, train, trainerPlugin, type TrainOptions, type TrainResult } from '@reidkit/trainer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recipesPlugin } from '../plugin.ts';
import { irm, type IrmOptions } from './recipe.ts';

const registry = createRegistry(corePlugin, lossesPlugin, encodersPlugin, datasetsPlugin, evalPlugin, recipesPlugin, trainerPlugin);

let folder: string;

type Json = Record<string, unknown>;

/** The joint run with towers of a few thousand parameters and batches of a few images, as released, so with queues and a twin. */
function smallRecipe(mix: NonNullable<IrmOptions['mix']>): Recipe {
  const recipe = irm({ preset: 'code', size: 'tiny', data: join(folder, 'people'), tasks: ['traditional', 'language', 'text'], mix });
  const { encoder, text, fusion, ...model } = recipe.model.options as Record<string, Json>;
  const small = (node: Json, options: Json): Json => ({ ...node, options: { ...(node.options as Json), ...options } });
  const resize = { use: 'transform/resize', options: { height: 32, width: 16 } };
  const streams = Object.entries(recipe.streams).map(([name, stream]) => {
    const options = name === 'text' ? { identities: 5, images: 1 } : { identities: 3, images: 2 };
    return [name, { ...stream, sampler: { ...stream.sampler, options }, transforms: [resize, ...stream.transforms.slice(1)] }];
  });
  return {
    ...recipe,
    model: {
      ...recipe.model,
      options: {
        ...model,
        encoder: small(encoder!, { imageSize: [32, 16], width: 16, depth: 2, heads: 2 }),
        text: small(text!, { width: 16, hidden: 32, heads: 2, sideWidth: 16 }),
        fusion: { ...fusion, heads: 2 },
        matching: { ...model.matching, width: 8, memory: { length: 12 } },
      },
    },
    streams: Object.fromEntries(streams) as Recipe['streams'],
    stages: recipe.stages.map((stage) => ({ ...stage, epochs: 3 })),
    evaluation: { ...recipe.evaluation, transforms: [resize, ...recipe.evaluation.transforms.slice(1)], batchSize: 16 },
  };
}

const run = (name: string, recipe: Recipe, options: Partial<TrainOptions> = {}): Promise<TrainResult> =>
  train({ recipe, registry, backend: currentBackend(), out: join(folder, name), workers: 0, ...options });

/** A run that is stopped at one of its steps, and then gone on with. */
async function stoppedAt(stopAt: number, recipe: Recipe): Promise<TrainResult> {
  const controller = new AbortController();
  const logger = { log: ({ kind, step }: { kind: string; step: number }) => void (kind === 'step' && step === stopAt && controller.abort()), close: async () => undefined }; // prettier-ignore
  const name = `stopped-${recipe.stages[0]!.mix}-${stopAt}`;
  await expect(run(name, recipe, { signal: controller.signal, loggers: async () => [logger] })).rejects.toMatchObject({
    code: 'INTERRUPTED',
  });
  return train({ registry, backend: currentBackend(), out: join(folder, name), resume: true, workers: 0 });
}

beforeAll(async () => {
  await useBackend(onnxBackend({ threads: 1 }));
  folder = await mkdtemp(join(tmpdir(), 'reidkit-instructed-'));
  const common = {
    outfits: 1,
    cameras: 2,
    distractors: 0,
    junk: 0,
    size: { width: 32, height: 64 },
    sidecars: { masks: false, parts: false, garments: false, captions: 1 },
  };
  const people = { ...common, trainIdentities: 6, testIdentities: 2, trainImages: [2, 2] as [number, number] };
  await synthesize({ out: join(folder, 'people'), options: people, workers: 1 });
  const few = { ...common, trainIdentities: 8, testIdentities: 2, trainImages: [4, 4] as [number, number], seed: 5 };
  await synthesize({ out: join(folder, 'eight'), options: few, workers: 1 });
  for (const split of ['query', 'bounding_box_test']) {
    await rm(join(folder, 'eight', split), { recursive: true });
    await cp(join(folder, 'eight', 'bounding_box_train'), join(folder, 'eight', split), { recursive: true });
  }
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the joint run of irm', () => {
  it.each([
    ['accumulate', 4],
    ['sampled', 7],
  ] as const)('goes on to the same bits after a stop, queues and twin and all: %s, after step %i', async (mix, stopAt) => {
    const recipe = smallRecipe(mix);
    const whole = await run(`whole-${mix}`, recipe);
    const { tensors } = await readSafetensors(whole.folder.model);
    expect(tensors.twin_started!.data[0]).toBe(1);
    expect(Object.keys(tensors).filter((path) => /queue|text_encoder_m/.test(path)).length).toBeGreaterThan(3);
    const resumed = await stoppedAt(stopAt, recipe);
    expect(await hashFile(resumed.folder.model)).toBe(await hashFile(whole.folder.model));
  });
});

describe('irm at size tiny', () => {
  it('learns 8 people by heart, and finds them from the other camera', async () => {
    const recipe = irm({ preset: 'recommended', size: 'tiny', data: join(folder, 'eight'), tasks: ['traditional'] });
    const [stage] = recipe.stages;
    const schedule = { ...stage!.schedule, options: { ...(stage!.schedule.options as Json), length: 80 } };
    const learned = await run('by-heart', { ...recipe, stages: [{ ...stage!, epochs: 80, schedule }] });
    expect(learned.evaluation.summary.mAP).toBeGreaterThanOrEqual(0.98);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxBackend } from '@reidkit/backend-onnx';
import {
  corePlugin, createRegistry, currentBackend, type HostTensors, type Recipe, readSafetensors, useBackend,
} from '@reidkit/core-tensor'; // prettier-ignore
import { datasetsPlugin, synthesize } from '@reidkit/datasets';
import { encodersPlugin } from '@reidkit/encoders';
import { evalPlugin } from '@reidkit/eval';
import { lossesPlugin } from '@reidkit/losses';
import { hashFile, train, trainerPlugin, type TrainOptions, type TrainResult } from '@reidkit/trainer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recipesPlugin } from '../plugin.ts';
import { muva, type MuvaOptions } from './recipe.ts';

const registry = createRegistry(corePlugin, lossesPlugin, encodersPlugin, datasetsPlugin, evalPlugin, recipesPlugin, trainerPlugin);

let folder: string;
let whole: TrainResult;

/** Both stages with towers of a few thousand parameters, two epochs each, evaluated on another domain. */
function smallRecipe({ epochs = [2, 2], ...options }: MuvaOptions & { readonly epochs?: readonly [number, number] } = {}): Recipe {
  const recipe = muva({ size: 'ablation', data: join(folder, 'street'), target: join(folder, 'mall'), ...options });
  const encoder = { imageSize: [32, 16], patch: 4, width: 16, depth: 2, heads: 2, projectedWidth: 8, addedTokens: 3 };
  const resize = (filter: string): { use: string; options: object } => ({
    use: 'transform/resize',
    options: { height: 32, width: 16, filter },
  });
  const model = recipe.model.options as Record<string, { options: object }>;
  const text = { use: 'encoder/clip-text', options: { width: 16, depth: 1, heads: 2, summaryWidth: 8, length: 16, hasWords: false } };
  const streams = Object.entries(recipe.streams).map(([name, { transforms, fields, sampler, ...stream }]) => {
    const partMasks = { ...fields.partMasks!, height: 8, width: 4 };
    const pk = { use: sampler.use, options: { ...(sampler.options as object), identities: 3, images: 2 } };
    return [name, { ...stream, fields: { partMasks }, sampler: pk, transforms: [resize('bicubic'), ...transforms.slice(1)] }] as const;
  });
  const stages = recipe.stages.map((stage) => {
    const { prototypes } = stage.losses;
    const losses = prototypes
      ? { ...stage.losses, prototypes: { ...prototypes, options: { ...(prototypes.options as object), width: 32 } } }
      : stage.losses;
    return { ...stage, losses, epochs: epochs[stage.name === 'prompts' ? 0 : 1] };
  });
  return {
    ...recipe,
    model: {
      ...recipe.model,
      options: { ...model, encoder: { use: 'encoder/clip-vision', options: encoder }, ...(model.text ? { text } : {}) },
    },
    streams: Object.fromEntries(streams) as unknown as Recipe['streams'],
    stages,
    evaluation: { ...recipe.evaluation, transforms: [resize('bilinear'), ...recipe.evaluation.transforms.slice(1)], batchSize: 16 },
  };
}

const run = (name: string, recipe = smallRecipe(), options: Partial<TrainOptions> = {}): Promise<TrainResult> =>
  train({ recipe, registry, backend: currentBackend(), out: join(folder, name), workers: 0, ...options });

const tensorsOf = async ({ folder: { model } }: TrainResult): Promise<HostTensors> => (await readSafetensors(model)).tensors;

const differing = (a: HostTensors, b: HostTensors): string[] =>
  Object.keys(a).filter((path) => a[path]!.data.some((value, at) => !Object.is(value, b[path]!.data[at])));

/** A run that is stopped at one of its steps, and then gone on with. */
async function stoppedAt(stopAt: number): Promise<TrainResult> {
  const controller = new AbortController();
  const logger = { log: ({ kind, step }: { kind: string; step: number }) => void (kind === 'step' && step === stopAt && controller.abort()), close: async () => undefined }; // prettier-ignore
  const name = `stopped-${stopAt}`;
  await expect(run(name, smallRecipe(), { signal: controller.signal, loggers: async () => [logger] })).rejects.toMatchObject({
    code: 'INTERRUPTED',
  });
  return train({ registry, backend: currentBackend(), out: join(folder, name), resume: true, workers: 0 });
}

beforeAll(async () => {
  await useBackend(onnxBackend({ threads: 1 }));
  folder = await mkdtemp(join(tmpdir(), 'reidkit-parts-'));
  const sidecars = { masks: false, parts: true, garments: false, captions: 0 };
  const common = { cameras: 2, trainImages: [2, 2] as [number, number], distractors: 2, junk: 0, sidecars };
  await synthesize({
    out: join(folder, 'street'),
    options: { ...common, trainIdentities: 6, testIdentities: 1, domains: ['street'] },
    workers: 1,
  });
  await synthesize({
    out: join(folder, 'mall'),
    options: { ...common, trainIdentities: 1, testIdentities: 4, domains: ['mall'], seed: 2 },
    workers: 1,
  });
  whole = await run('whole');
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the stages of muva', () => {
  it('change the learned words alone in the first, and keep words, texts and the neck’s centre in the second', async () => {
    const untouched = await tensorsOf(await run('untouched', smallRecipe({ epochs: [0, 0] })));
    const prompted = await tensorsOf(await run('prompted', smallRecipe({ epochs: [2, 0] })));
    expect(differing(prompted, untouched)).toEqual(['prompt_learner.learnable_ctx']);
    const moved = differing(await tensorsOf(whole), prompted);
    expect(moved.filter((path) => /^(prompt_learner|text_encoder)|bnneck.bias/.test(path))).toEqual([]);
    expect(moved).toEqual(expect.arrayContaining(['local_token', 'fc.weight', 'bnneck.weight', 'bnneck.running_mean', 'residual_mask_predictor.blocks.0.cross_attn.to_k.weight', 'image_encoder.proj'])); // prettier-ignore
  });

  it('leave the patches as they are where CLIP made them, as at full size', async () => {
    const recipe = smallRecipe({ epochs: [0, 1] });
    const stages = recipe.stages.map((stage) =>
      stage.name === 'image' ? { ...stage, frozen: [...stage.frozen, 'image_encoder.conv1.*'] } : stage,
    );
    const [before, after] = [
      await tensorsOf(await run('still', smallRecipe({ epochs: [0, 0] }))),
      await tensorsOf(await run('moved', { ...recipe, stages })),
    ];
    expect(differing(after, before)).not.toContain('image_encoder.conv1.weight');
    expect(muva().stages[1]!.frozen).toContain('image_encoder.conv1.*');
  });

  it('go without words where there is no language', async () => {
    const tensors = await tensorsOf(await run('wordless', smallRecipe({ language: false, epochs: [0, 1] })));
    expect(Object.keys(tensors).filter((path) => /prompt|text/.test(path))).toEqual([]);
  });

  it('judge on the other domain', () => {
    expect(whole.evaluation.summary.mAP).toBeGreaterThan(0);
  });

  it('refuse to begin with the second without words of the first', async () => {
    const recipe = smallRecipe();
    await expect(run('torn', { ...recipe, stages: recipe.stages.slice(1) })).rejects.toThrow('needs the artefact "prompts"');
  });
});

describe('a run of muva that is stopped', () => {
  // The first stage has eight steps: in it, at its end, and twice in the second, in the middle of an epoch and at its end.
  it.each([3, 8, 10, 12])('after step %i goes on to the same bits, prototypes and all', async (stopAt) => {
    const resumed = await stoppedAt(stopAt);
    expect(await hashFile(resumed.folder.model)).toBe(await hashFile(whole.folder.model));
  });
});

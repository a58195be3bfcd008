import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxBackend } from '@reidkit/backend-onnx';
import {
  corePlugin,
  createRegistry,
  currentBackend,
  type HostTensors,
  type Recipe,
  readSafetensors,
  useBackend,
} from '@reidkit/core-tensor';
import { datasetsPlugin, synthesize } from '@reidkit/datasets';
import { encodersPlugin } from '@reidkit/encoders';
import { evalPlugin } from '@reidkit/eval';
import { lossesPlugin } from '@reidkit/losses';
import { hashFile, train, trainerPlugin, type TrainOptions, type TrainResult } from '@reidkit/trainer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recipesPlugin } from '../plugin.ts';
import { rganet } from './recipe.ts';

const registry = createRegistry(corePlugin, lossesPlugin, encodersPlugin, datasetsPlugin, evalPlugin, recipesPlugin, trainerPlugin);

let folder: string;
let whole: TrainResult;

/** Both stages with towers of a few thousand parameters, two epochs each; the first trains the words alone, as at full size. */
function smallRecipe(changes: { epochs?: readonly [number, number]; preset?: string; model?: object } = {}): Recipe {
  const { epochs = [2, 2], preset = 'paper', model = {} } = changes;
  const recipe = rganet({ preset, size: 'tiny', data: join(folder, 'data') });
  const encoder = {
    use: 'encoder/clip-vision',
    options: { imageSize: [32, 16], patch: 8, width: 16, depth: 1, heads: 2, projectedWidth: 16 },
  };
  const text = { use: 'encoder/clip-text', options: { width: 16, depth: 1, heads: 2, summaryWidth: 16, length: 16, hasWords: false } };
  const resize = { use: 'transform/resize', options: { height: 32, width: 16 } };
  const normalize = { use: 'transform/normalize', options: { constants: 'half' } };
  const options = { ...(recipe.model.options as object), encoder, ...(preset === 'paper' ? { text } : {}), ...model };
  const samplers = {
    main: { use: 'sampler/pk', options: { identities: 4, images: 2 } },
    parts: { use: 'sampler/random', options: { batchSize: 8 } },
  };
  const streams = Object.entries(recipe.streams).map(([name, stream]) => {
    const { partMasks } = stream.fields;
    const fields = partMasks ? { partMasks: { ...partMasks, height: 4, width: 2 } } : {};
    return [name, { ...stream, fields, sampler: samplers[name as 'main'], transforms: [resize, { use: 'transform/flip' }, normalize] }];
  });
  const stages = recipe.stages.map((stage) => {
    const isPrompts = stage.name === 'prompts';
    const own = isPrompts ? { trainable: ['prompt.ctx'], produces: { prompts: ['prompt.*', 'background'] } } : {};
    return { ...stage, ...own, epochs: epochs[isPrompts ? 0 : 1], evaluateEvery: 0 };
  });
  return {
    ...recipe,
    model: { ...recipe.model, options },
    streams: Object.fromEntries(streams) as Recipe['streams'],
    stages,
    evaluation: { ...recipe.evaluation, transforms: [resize, normalize], batchSize: 16 },
  };
}

const OPEN = { gate: 'none' }; // or the memory of so short a run would stay as it began

function run(name: string, options: Partial<TrainOptions> = {}): Promise<TrainResult> {
  return train({
    recipe: smallRecipe({ model: OPEN }),
    registry,
    backend: currentBackend(),
    out: join(folder, name),
    workers: 0,
    ...options,
  });
}

const tensorsOf = async ({ folder: { model } }: TrainResult): Promise<HostTensors> => (await readSafetensors(model)).tensors;

/** Paths whose numbers differ. */
const changed = (a: HostTensors, b: HostTensors): string[] =>
  Object.keys(a).filter((path) => a[path]!.data.some((value, i) => !Object.is(value, b[path]!.data[i])));

beforeAll(async () => {
  await useBackend(onnxBackend({ threads: 1 }));
  folder = await mkdtemp(join(tmpdir(), 'reidkit-regions-'));
  const sidecars = { masks: false, parts: true, garments: false, captions: 0 };
  const options = {
    trainIdentities: 6,
    testIdentities: 3,
    cameras: 3,
    trainImages: [2, 2] as [number, number],
    distractors: 2,
    junk: 0,
    sidecars,
  };
  await synthesize({ out: join(folder, 'data'), options, workers: 1 });
  whole = await run('whole');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the stages of rganet', () => {
  it('change the words alone in the first, and keep words and texts in the second', async () => {
    const untouched = await tensorsOf(await run('untouched', { recipe: smallRecipe({ epochs: [0, 0], model: OPEN }) }));
    const prompted = await tensorsOf(await run('prompted', { recipe: smallRecipe({ epochs: [2, 0], model: OPEN }) }));
    expect(changed(prompted, untouched).sort()).toEqual(['prompt.ctx', 'prototypes']);
    const trained = await tensorsOf(whole);
    const moved = changed(trained, prompted);
    expect(moved.filter((path) => /^(prompt|text_encoder|prototypes)/.test(path))).toEqual([]);
    expect(moved).toEqual(expect.arrayContaining(['background', 'memory', 'confidence.weight', 'region_classifiers.3.weight', 'image_encoder.proj'])); // prettier-ignore
  });

  it('begin the second with prototypes of the words and a memory of stripes, kept as artefacts', async () => {
    const prompted = await tensorsOf(await run('begun', { recipe: smallRecipe({ epochs: [2, 0], model: OPEN }) }));
    for (const name of ['prototypes', 'memory']) {
      const { value } = (await readSafetensors(join(whole.folder.artefacts, `${name}.safetensors`))).tensors;
      expect(value!.shape).toEqual([4, 16]);
      expect(prompted[name]!.data).toEqual(value!.data);
    }
    const { value, counts } = (await readSafetensors(join(whole.folder.artefacts, 'partShares.safetensors'))).tensors;
    expect(value!.data.every((share) => share > 0 && share < 1)).toBe(true);
    expect([...counts!.data].slice(1)).toEqual([0, 0]);
  });

  // The first stage has ten steps: in it, at its end, and in the second.
  it.each([2, 5, 10, 13, 15])('give the same model, memory and all, when the run was stopped after step %i and resumed', async (stopAt) => {
    const controller = new AbortController();
    const logger = { log: ({ kind, step }: { kind: string; step: number }) => void (kind === 'step' && step === stopAt && controller.abort()), close: async () => undefined }; // prettier-ignore
    const stopped = run(`stopped-${stopAt}`, { signal: controller.signal, loggers: async () => [logger] });
    await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' });
    const resumed = await train({ registry, backend: currentBackend(), out: join(folder, `stopped-${stopAt}`), resume: true, workers: 0 });
    expect(await hashFile(resumed.folder.model)).toBe(await hashFile(whole.folder.model));
  });

  it.each(['stripe', 'global'])('train the preset %s in one stage', async (preset) => {
    const { evaluation } = await run(preset, { recipe: smallRecipe({ preset, epochs: [0, 1] }) });
    expect(evaluation.summary.mAP).toBeGreaterThan(0);
  });

  it('refuse the second without the first, and the first without part masks', async () => {
    const recipe = smallRecipe();
    await expect(run('alone', { recipe: { ...recipe, stages: recipe.stages.slice(1) } })).rejects.toThrow('needs the artefact "prompts"');
    const data = { use: 'dataset/market1501', options: { root: join(folder, 'data'), sidecar: 'ignore' } };
    const blind = {
      ...recipe,
      streams: Object.fromEntries(Object.entries(recipe.streams).map(([name, stream]) => [name, { ...stream, dataset: data }])),
    };
    await expect(run('blind', { recipe: blind })).rejects.toThrow(/36 of 36 training images have no part masks; at most 5 %/);
  });
});

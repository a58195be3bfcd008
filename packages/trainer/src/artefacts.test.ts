import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { currentBackend, type LogEvent, type Recipe, readSafetensors, writeSafetensors } from '@reidkit/core-tensor';
import { clipReid } from '@reidkit/recipes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashFile } from './checkpoint.ts';
import { type SmallRun, smallRun } from './small-run.fixture.ts';
import { train, type TrainOptions, type TrainResult } from './train.ts';

const STEPS_OF_PROMPTS = 14; // 2 epochs of the training images in batches of 7

let small: SmallRun;
let whole: TrainResult;
let wholeEvents: LogEvent[];

/** CLIP-ReID with towers of a few thousand parameters, two epochs of each stage. */
function tinyRecipe(): Recipe {
  const recipe = clipReid({ size: 'tiny', data: small.data });
  const encoder = {
    use: 'encoder/clip-vision',
    options: { imageSize: [32, 16], patch: 8, width: 24, depth: 2, heads: 2, projectedWidth: 16 },
  };
  const text = {
    use: 'encoder/clip-text',
    options: { width: 16, depth: 1, heads: 2, summaryWidth: 16, length: 16, hasWords: false },
  };
  const resize = { use: 'transform/resize', options: { height: 32, width: 16 } };
  const normalize = { use: 'transform/normalize', options: { constants: 'half' } };
  const { main, prompts } = recipe.streams as Record<'main' | 'prompts', Recipe['streams'][string]>;
  return {
    ...recipe,
    model: { ...recipe.model, options: { ...(recipe.model.options as object), encoder, text } },
    streams: {
      main: {
        ...main,
        sampler: { use: 'sampler/pk', options: { identities: 4, images: 2 } },
        transforms: [resize, { use: 'transform/flip' }, normalize],
      },
      prompts: { ...prompts, sampler: { use: 'sampler/random', options: { batchSize: 7, last: 'keep' } }, transforms: [resize, normalize] },
    },
    stages: recipe.stages.map((stage) => ({ ...stage, epochs: 2, evaluateEvery: 0 })),
    evaluation: { ...recipe.evaluation, transforms: [resize, normalize], batchSize: 8 },
  };
}

function run(name: string, options: Partial<TrainOptions> = {}): Promise<TrainResult> {
  const common = { registry: small.registry, backend: currentBackend(), out: join(small.folder, name), workers: 0 };
  return train({ recipe: tinyRecipe(), ...common, ...options });
}

const watching = (watch: (event: LogEvent) => void): NonNullable<TrainOptions['loggers']> => async () => [{ log: watch, close: async () => undefined }]; // prettier-ignore

const artefact = ({ folder }: TrainResult, name: string): string => join(folder.artefacts, `${name}.safetensors`);

/** The recipe with its second stage alone. */
const imageStageAlone = (): Recipe => ({ ...tinyRecipe(), stages: tinyRecipe().stages.slice(1) });

beforeAll(async () => {
  small = await smallRun();
  wholeEvents = [];
  whole = await run('whole', { loggers: watching((event) => wholeEvents.push(event)) });
});
afterAll(() => small.remove());

describe('stages that hand on artefacts', () => {
  it('keep what they prepare and produce as files, with rows for every record and identity', async () => {
    const records = (await readSafetensors(artefact(whole, 'imageFeatures'))).tensors.value!.shape[0];
    expect(records).toBeGreaterThanOrEqual(16);
    expect((await readSafetensors(artefact(whole, 'textFeatures'))).tensors.value!.shape).toEqual([8, 16]);
    const prompts = await readSafetensors(artefact(whole, 'prompts'));
    expect(Object.keys(prompts.tensors)).toContain('prompt_learner.cls_ctx');
    expect(prompts.metadata).toMatchObject({ name: 'prompts', stage: 'prompts' });
  });

  it('train the prompts and nothing else first, then everything but the prompts and the text side', async () => {
    const [prompts, model] = [await readSafetensors(artefact(whole, 'prompts')), await readSafetensors(whole.folder.model)];
    const untouched = await run('untouched', { recipe: { ...tinyRecipe(), stages: tinyRecipe().stages.map((stage) => ({ ...stage, epochs: 0 })) } }); // prettier-ignore
    const first = await readSafetensors(untouched.folder.model);
    const learned = 'prompt_learner.cls_ctx';
    expect(prompts.tensors[learned]!.data).not.toEqual(first.tensors[learned]!.data);
    expect(model.tensors[learned]!.data).toEqual(prompts.tensors[learned]!.data);
    const of = (path: string): [unknown, unknown] => [model.tensors[path]!.data, first.tensors[path]!.data];
    const [text, textBefore] = of('text_encoder.transformer.resblocks.0.attn.in_proj_weight');
    expect(text).toEqual(textBefore);
    const [image, imageBefore] = of('image_encoder.transformer.resblocks.0.attn.in_proj_weight');
    expect(image).not.toEqual(imageBefore);
  });

  it('tell what they prepared, and step over every record, the last batch of an epoch short', async () => {
    const { value } = (await readSafetensors(artefact(whole, 'imageFeatures'))).tensors;
    expect(value!.shape[0]! % 7).not.toBe(0);
    expect(2 * Math.ceil(value!.shape[0]! / 7)).toBe(STEPS_OF_PROMPTS);
    const texts = wholeEvents.filter(({ kind }) => kind === 'prepare').map(({ text }) => text);
    expect(texts).toEqual([
      expect.stringMatching(/^prepared "imageFeatures" \(prepare\/features\) in/),
      expect.stringMatching(/^prepared "textFeatures" \(prepare\/identities\) in/),
    ]);
    const steps = wholeEvents.filter(({ kind, stage }) => kind === 'step' && stage === 'prompts');
    expect(steps).toHaveLength(STEPS_OF_PROMPTS);
    expect(Object.keys(steps[0]!.numbers)).toEqual(expect.arrayContaining(['imageToText', 'textToImage', 'total', 'rate']));
  });

  it.each([1, 4, STEPS_OF_PROMPTS, STEPS_OF_PROMPTS + 1, STEPS_OF_PROMPTS + 3])(
    'give the same model when the run was stopped after step %i and resumed',
    async (stopAt) => {
      const controller = new AbortController();
      const stop = watching(({ kind, step }) => kind === 'step' && step === stopAt && controller.abort());
      await expect(run(`stopped-${stopAt}`, { signal: controller.signal, loggers: stop })).rejects.toMatchObject({ code: 'INTERRUPTED' });
      const resumed = await train({
        registry: small.registry, backend: currentBackend(), out: join(small.folder, `stopped-${stopAt}`), resume: true, workers: 0,
      }); // prettier-ignore
      expect(await hashFile(resumed.folder.model)).toBe(await hashFile(whole.folder.model));
    },
  );

  it('fill parameters and buffers, and make some anew before every epoch, the same after a stop', async () => {
    const filling = (): Recipe => {
      const recipe = tinyRecipe();
      const stage = recipe.stages[0]!;
      const made = { use: 'prepare/identities', options: { pass: 'text', output: 'text' } };
      return {
        ...recipe,
        stages: [
          {
            ...stage,
            prepare: { ...stage.prepare, head: made },
            fills: { 'classifier_proj.weight': 'head' },
            refresh: { 'classifier_proj.weight': made },
          },
        ],
      };
    };
    const logged: string[] = [];
    const once = await run('filled', {
      recipe: filling(),
      loggers: watching(({ text, kind }) => void (kind === 'prepare' && logged.push(text ?? ''))),
    });
    const { tensors } = await readSafetensors(once.folder.model);
    const head = await readSafetensors(artefact(once, 'head'));
    expect(logged.filter((text) => text.includes('classifier_proj.weight'))).toHaveLength(2);
    expect(tensors['classifier_proj.weight']!.data).not.toEqual(head.tensors.value!.data); // prompts learned in the first epoch
    const controller = new AbortController();
    const stop = watching(({ kind, step }) => kind === 'step' && step === 9 && controller.abort());
    await expect(run('filled-stopped', { recipe: filling(), signal: controller.signal, loggers: stop })).rejects.toMatchObject({ code: 'INTERRUPTED' }); // prettier-ignore
    const resumed = await train({ registry: small.registry, backend: currentBackend(), out: join(small.folder, 'filled-stopped'), resume: true, workers: 0 }); // prettier-ignore
    expect(await hashFile(resumed.folder.model)).toBe(await hashFile(once.folder.model));
  });

  it.each([
    [{ fills: { 'classifier_proj.wieght': 'imageFeatures' } }, 'Did you mean "classifier_proj.weight"?'],
    [{ fills: { 'classifier_proj.weight': 'nothing' } }, 'fills "classifier_proj.weight" from the artefact "nothing"'],
    [
      { refresh: { nowhere: { use: 'prepare/identities', options: { pass: 'text', output: 'text' } } } },
      '"nowhere", which is no parameter or buffer',
    ],
  ])('refuse to fill %j', async (more, message) => {
    const recipe = tinyRecipe();
    const stages = recipe.stages.map((stage, at) => (at === 0 ? { ...stage, ...more } : stage));
    await expect(run('refused', { recipe: { ...recipe, stages } })).rejects.toThrow(message);
  });

  it('can be trained apart: the second on the prompts of the first', async () => {
    const apart = await run('apart', { recipe: imageStageAlone(), artefacts: { prompts: artefact(whole, 'prompts') } });
    const [own, theirs] = await Promise.all([apart, whole].map((each) => readSafetensors(artefact(each, 'textFeatures'))));
    expect(own!.tensors.value!.data).toEqual(theirs!.tensors.value!.data);
    expect(apart.record.artefacts).toEqual(['prompts']);
    await expect(readFile(artefact(apart, 'prompts'))).resolves.toBeDefined();
  });
});

describe('stages refuse', () => {
  it('to start without what an earlier stage would have made, naming it and the remedy, before anything is written', async () => {
    await expect(run('without', { recipe: imageStageAlone() })).rejects.toThrow(
      /stage "image" needs the artefact "prompts", which no stage before it makes[\s\S]*--artefact NAME=FILE/,
    );
    await expect(readFile(join(small.folder, 'without', 'recipe.json'))).rejects.toThrow(/ENOENT/);
  });

  it('stages in the wrong order, naming the one that would make it', async () => {
    const recipe = tinyRecipe();
    await expect(run('swapped', { recipe: { ...recipe, stages: [...recipe.stages].reverse() } })).rejects.toThrow(
      /stage "image" needs the artefact "prompts", which no stage before it makes\. Stage "prompts" would make it/,
    );
  });

  it('an artefact of other data, of another name, of other numbers, or of another shape', async () => {
    const { tensors, metadata } = await readSafetensors(artefact(whole, 'prompts'));
    const write = async (name: string, changes: Record<string, string>, values = tensors): Promise<string> => {
      const path = join(small.folder, `${name}.safetensors`);
      await writeSafetensors(path, values, { metadata: { ...metadata, ...changes } });
      return path;
    };
    const give = (path: string): Promise<TrainResult> => run('given', { recipe: imageStageAlone(), artefacts: { prompts: path } });
    await expect(give(await write('foreign', { data: 'other' }))).rejects.toThrow(/"prompts".*was made on other data/);
    await expect(give(await write('other-name', { name: 'memory' }))).rejects.toThrow(/is the artefact "memory", expected the artefact "prompts"/); // prettier-ignore
    await expect(give(await write('damaged', { hash: '0' }))).rejects.toThrow(/does not hold the numbers it was written with/);
    await expect(give(whole.folder.model)).rejects.toThrow(/is no artefact of a run/);
    await expect(give(join(small.folder, 'nowhere.safetensors'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('to go on when an artefact of the run was changed or is gone', async () => {
    const controller = new AbortController();
    const out = join(small.folder, 'tampered');
    const stop = watching(({ kind, step }) => kind === 'step' && step === 2 && controller.abort());
    await expect(run('tampered', { signal: controller.signal, loggers: stop })).rejects.toMatchObject({ code: 'INTERRUPTED' });
    const path = join(out, 'artefacts', 'imageFeatures.safetensors');
    const again = (): Promise<TrainResult> => train({ registry: small.registry, backend: currentBackend(), out, resume: true, workers: 0 });
    const bytes = await readFile(path);
    const { tensors, metadata } = await readSafetensors(path);
    await writeSafetensors(path, { value: { ...tensors.value!, data: tensors.value!.data.map((x) => x + 1) as Float32Array } }, { metadata }); // prettier-ignore
    await expect(again()).rejects.toThrow(/"imageFeatures".*does not hold the numbers/);
    await rm(path);
    await expect(again()).rejects.toThrow(/The artefact "imageFeatures" is not there/);
    await mkdir(join(out, 'artefacts'), { recursive: true });
    await writeFile(path, bytes);
    const resumed = await again();
    expect(await hashFile(resumed.folder.model)).toBe(await hashFile(whole.folder.model));
  });

  it('a pass, an output or rows that are not there', async () => {
    const recipe = tinyRecipe();
    const change = (changes: object): Recipe => ({ ...recipe, stages: [{ ...recipe.stages[0]!, ...changes }, recipe.stages[1]!] });
    await expect(run('pass', { recipe: change({ pass: 'texts' }) })).rejects.toThrow(/no pass "texts"\. Did you mean "text"\?/);
    const prepare = { imageFeatures: { use: 'prepare/features', options: { pass: 'plain', output: 'global.projekted' } } };
    await expect(run('output', { recipe: change({ prepare }) })).rejects.toThrow(/does not give the output "global\.projekted"/);
    await expect(run('rows', { recipe: change({ rows: { features: 'imageFeature' } }) })).rejects.toThrow(
      /takes the rows "features" from the artefact "imageFeature", which no stage before it makes/,
    );
    const wrong = { imageFeatures: { use: 'prepare/identities', options: { pass: 'text', output: 'text' } } };
    await expect(run('count', { recipe: change({ prepare: wrong }) })).rejects.toThrow(/expected \d+ rows, one per record, got 8/);
  });
});

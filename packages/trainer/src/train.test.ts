import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CropRecord, currentBackend, type LogEvent, type Logger, readSafetensors, tensorMemory, writeSafetensors, hostTensor } from '@reidkit/core-tensor'; // prettier-ignore
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashFile } from './checkpoint.ts';
import { loadRun } from './load-run.ts';
import { type SmallRun, smallRun } from './small-run.fixture.ts';
import { evaluateUntrained, train, type TrainOptions, type TrainResult } from './train.ts';

let small: SmallRun;
let whole: TrainResult;
beforeAll(async () => {
  small = await smallRun();
  whole = await run('whole');
});
afterAll(() => small.remove());

function run(name: string, options: Partial<TrainOptions> = {}): Promise<TrainResult> {
  return train({
    recipe: small.recipe(),
    registry: small.registry,
    backend: currentBackend(),
    out: join(small.folder, name),
    workers: 0,
    ...options,
  });
}

const exists = (path: string): Promise<boolean> => access(path).then(() => true, () => false); // prettier-ignore

/** A logger that calls back for every event. */
const watching = (watch: (event: LogEvent) => void): NonNullable<TrainOptions['loggers']> => async () => [{ log: watch, close: async () => undefined } satisfies Logger]; // prettier-ignore

describe('train', () => {
  it('writes the resolved recipe, the model under the checkpoint’s names, the evaluation and a training checkpoint', async () => {
    const { folder, record, evaluation, steps } = whole;
    expect(steps).toBeGreaterThan(8);
    expect(record.recipe.model.options).toMatchObject({ classes: 8 });
    const { tensors } = await readSafetensors(folder.model);
    expect(Object.keys(tensors)).toEqual(
      expect.arrayContaining(['base.blocks.0.attn.qkv.weight', 'bottleneck.running_mean', 'classifier.weight']),
    );
    expect(Object.keys(tensors).some((name) => name.includes('exp_avg'))).toBe(false);
    expect(JSON.parse(await readFile(folder.metrics, 'utf8'))).toMatchObject({ mAP: evaluation.summary.mAP, seed: 3 });
    expect(evaluation.lists.best.length).toBeGreaterThan(0);
  });

  it('gives the same model for the same seed, and another for another', async () => {
    const again = await run('again');
    expect(await hashFile(again.folder.model)).toBe(await hashFile(whole.folder.model));
    expect(again.evaluation.summary).toEqual(whole.evaluation.summary);
    const other = await run('other', { recipe: small.recipe({ seed: 4 }) });
    expect(await hashFile(other.folder.model)).not.toBe(await hashFile(whole.folder.model));
  });

  it('gives the same model with other numbers of loader threads', async () => {
    const threaded = await run('threaded', { workers: 2 });
    expect(await hashFile(threaded.folder.model)).toBe(await hashFile(whole.folder.model));
  });

  it.each([1, 3, 5, 7])('gives the same model when it was stopped after step %i and resumed', async (stopAt) => {
    const out = join(small.folder, `stopped-${stopAt}`);
    const controller = new AbortController();
    const stopped = run(`stopped-${stopAt}`, {
      signal: controller.signal,
      loggers: watching(({ kind, step }) => kind === 'step' && step === stopAt && controller.abort()),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(await exists(join(out, 'model.safetensors'))).toBe(false);
    const resumed = await train({ registry: small.registry, backend: currentBackend(), out, resume: true, workers: 0 });
    expect(await hashFile(resumed.folder.model)).toBe(await hashFile(whole.folder.model));
    expect(resumed.steps).toBe(whole.steps);
  });

  it('evaluates a finished run again when it is resumed', async () => {
    const resumed = await train({ registry: small.registry, backend: currentBackend(), out: whole.folder.path, resume: true, workers: 0 });
    expect(resumed.evaluation.summary).toEqual(whole.evaluation.summary);
  });

  it('holds no tensors when it is done, and as many after every step', async () => {
    const before = tensorMemory().numTensors;
    const counts = new Set<number>();
    await run('memory', { loggers: watching(({ kind, step }) => kind === 'step' && step > 1 && counts.add(tensorMemory().numTensors)) });
    expect(tensorMemory().numTensors).toBe(before);
    expect(counts.size).toBe(1);
  });

  it('trains only what a stage lets it', async () => {
    const recipe = small.recipe();
    const frozen = { ...recipe, stages: [{ ...recipe.stages[0]!, frozen: ['base.*'] }] };
    const { folder } = await run('frozen', { recipe: frozen });
    const first = await evaluateUntrained({ recipe, registry: small.registry, backend: currentBackend(), workers: 0 });
    expect(first.summary.mAP).toBeGreaterThan(0);
    const [after, free] = await Promise.all([readSafetensors(folder.model), readSafetensors(whole.folder.model)]);
    const weight = 'base.blocks.0.mlp.fc1.weight';
    expect(after.tensors[weight]!.data).not.toEqual(free.tensors[weight]!.data);
    expect(after.tensors['classifier.weight']!.data).not.toEqual(free.tensors['classifier.weight']!.data);
    const untouched = await run('untouched', { recipe: { ...frozen, stages: [{ ...frozen.stages[0]!, epochs: 0 }] } });
    const { tensors } = await readSafetensors(untouched.folder.model);
    expect(after.tensors[weight]!.data).toEqual(tensors[weight]!.data);
  });

  it('evaluates the moving average where a stage keeps one', async () => {
    const recipe = small.recipe();
    const averaged = await run('average', { recipe: { ...recipe, stages: [{ ...recipe.stages[0]!, movingAverage: 0.9 }] } });
    const [average, last] = await Promise.all([readSafetensors(averaged.folder.model), readSafetensors(whole.folder.model)]);
    expect(average.tensors['classifier.weight']!.data).not.toEqual(last.tensors['classifier.weight']!.data);
  });

  it('starts from given weights and tells which it took', async () => {
    const notes: string[] = [];
    const { tensors } = await readSafetensors(whole.folder.model);
    const { 'classifier.weight': _left, ...rest } = tensors;
    const weights = join(small.folder, 'weights.safetensors');
    await writeSafetensors(weights, { ...rest, 'extra.weight': hostTensor([1, 2]) });
    const recipe = small.recipe();
    const started = await run('started', {
      recipe: { ...recipe, stages: [{ ...recipe.stages[0]!, epochs: 0 }] },
      initialWeights: weights,
      loggers: watching(({ text }) => text && notes.push(text)),
    });
    expect(notes[0]).toMatch(/not in the file: classifier\.weight; not in the model: extra\.weight/);
    const { tensors: loaded } = await readSafetensors(started.folder.model);
    expect(loaded['base.cls_token']!.data).toEqual(tensors['base.cls_token']!.data);
    expect(loaded['bottleneck.running_mean']!.data).toEqual(tensors['bottleneck.running_mean']!.data);
  });

  it('leaves parameters alone that a checkpoint should not set, whatever their shape there', async () => {
    const { tensors } = await readSafetensors(whole.folder.model);
    const weights = join(small.folder, 'other-people.safetensors');
    await writeSafetensors(weights, { ...tensors, 'classifier.weight': hostTensor(new Float32Array(5 * 24), [5, 24]) });
    const recipe = small.recipe();
    const none = { ...recipe, stages: [{ ...recipe.stages[0]!, epochs: 0 }] };
    await expect(run('people', { recipe: none, initialWeights: weights })).rejects.toThrow(
      /"classifier\.weight" expected \[8, 24\], got \[5, 24\]/,
    );
    const { folder } = await run('people', { recipe: none, initialWeights: weights, leave: ['classifier*'] });
    expect((await readSafetensors(folder.model)).tensors['base.cls_token']!.data).toEqual(tensors['base.cls_token']!.data);
  });
});

describe('train refuses', () => {
  it('a folder that is in use, and leaves it as it was', async () => {
    const before = await hashFile(whole.folder.model);
    await expect(run('whole')).rejects.toThrow(/holds \d+ files already.*--resume/s);
    expect(await hashFile(whole.folder.model)).toBe(before);
  });

  it('a loss that reads a name nobody gives, with the names there are, before anything is written', async () => {
    const recipe = small.recipe();
    const losses = { triplet: { ...recipe.stages[0]!.losses.triplet!, reads: { embeddings: 'outputs.regions' } } };
    const wrong = { ...recipe, stages: [{ ...recipe.stages[0]!, losses }] };
    await expect(run('unread', { recipe: wrong })).rejects.toThrow(
      /loss "triplet" \(loss\/triplet\) reads "outputs\.regions".*outputs\.global/s,
    );
    expect(await exists(join(small.folder, 'unread'))).toBe(false);
  });

  it('an input that the loss does not have', async () => {
    const recipe = small.recipe();
    const losses = { triplet: { ...recipe.stages[0]!.losses.triplet!, reads: { embedings: 'outputs.global' } } };
    await expect(run('misspelt', { recipe: { ...recipe, stages: [{ ...recipe.stages[0]!, losses }] } })).rejects.toThrow(
      /no input "embedings"\. Did you mean "embeddings"\?/,
    );
  });

  it('an unknown component and a misspelt option, naming the nearest', async () => {
    const recipe = small.recipe();
    const withOptimizer = (optimizer: { use: string; options?: unknown }): typeof recipe => ({
      ...recipe,
      stages: [{ ...recipe.stages[0]!, optimizer }],
    });
    await expect(run('a', { recipe: withOptimizer({ use: 'optimizer/adamm' }) })).rejects.toThrow(
      /Unknown component "optimizer\/adamm"\. Did you mean "optimizer\/adam"\?/,
    );
    await expect(run('b', { recipe: withOptimizer({ use: 'optimizer/adam', options: { rat: 1 } }) })).rejects.toThrow(
      /unknown option "rat"\. Did you mean "rate"\?/,
    );
  });

  it('images of another size than the model takes', async () => {
    const recipe = small.recipe();
    const transforms = [{ use: 'transform/resize', options: { height: 64, width: 32, filter: 'bilinear' } }];
    const wrong = { ...recipe, streams: { main: { ...recipe.streams.main!, transforms } } };
    await expect(run('size', { recipe: wrong })).rejects.toThrow(
      /takes images of 32 x 16 pixels.*transforms give 64 x 32.*transform\/resize/s,
    );
  });

  it('weights of another model', async () => {
    const weights = join(small.folder, 'foreign.safetensors');
    await writeSafetensors(weights, { 'base.cls_token': hostTensor([1, 2], [1, 1, 2]) });
    await expect(run('foreign', { initialWeights: weights })).rejects.toThrow(/"base\.cls_token" expected \[1, 1, 24\], got \[1, 1, 2\]/);
    await writeSafetensors(weights, { elsewhere: hostTensor([1]) });
    await expect(run('foreign', { initialWeights: weights })).rejects.toThrow(/No name in/);
  });

  it('to go on when the loss is not a number, and keeps the last checkpoint', async () => {
    const recipe = small.recipe();
    const stage = recipe.stages[0]!;
    const wild = { ...stage, optimizer: { use: 'optimizer/sgd', options: { rate: 1e30 } }, schedule: { use: 'schedule/constant' } };
    await expect(run('nan', { recipe: { ...recipe, stages: [wild] }, checkpointEvery: 1 })).rejects.toMatchObject({
      code: 'NON_FINITE_LOSS',
    });
    expect(await exists(join(small.folder, 'nan', 'model.safetensors'))).toBe(false);
  });

  it('to resume on data that have changed', async () => {
    const out = join(small.folder, 'moved');
    const { folder } = await run('moved');
    const record = JSON.parse(await readFile(folder.recipe, 'utf8'));
    record.fingerprints.streams.main.hash = 'other';
    await writeFile(folder.recipe, JSON.stringify(record));
    await expect(train({ registry: small.registry, backend: currentBackend(), out, resume: true, workers: 0 })).rejects.toThrow(
      /have changed since the run began/,
    );
  });
});

describe('loadRun', () => {
  it('embeds images as the evaluation saw them', async () => {
    const loaded = await loadRun(whole.folder.path, { registry: small.registry, backend: currentBackend() });
    const file = join(small.data, (whole.evaluation.lists.best[0]!.query as CropRecord).file);
    const one = await loaded.embed(file);
    expect(one.length).toBe(24);
    const two = await loaded.embedAll([file, file]);
    expect([...two.subarray(24)]).toEqual([...two.subarray(0, 24)]);
    two.subarray(0, 24).forEach((value, i) => expect(value).toBeCloseTo(one[i]!, 5));
    await expect(loaded.embed(join(small.folder, 'nobody.jpg'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('refuses a run that is not finished, and a folder that is no run', async () => {
    await expect(loadRun(join(small.folder, 'nan'), { registry: small.registry, backend: currentBackend() })).rejects.toThrow(
      /no trained model yet/,
    );
    await expect(loadRun(small.data, { registry: small.registry, backend: currentBackend() })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });

  it('refuses a model of other sizes', async () => {
    const { folder } = await run('replaced');
    await writeSafetensors(folder.model, { 'base.cls_token': hostTensor([1, 2], [1, 1, 2]) });
    await expect(loadRun(folder.path, { registry: small.registry, backend: currentBackend() })).rejects.toMatchObject({
      code: 'CHECKPOINT_MISMATCH',
    });
  });
});

import { readdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CropRecord, currentBackend, type DatasetReader, initialState, Random } from '@reidkit/core-tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from './build-run.ts';
import { evaluate, type EvaluateOptions } from './evaluate.ts';
import { extract, type ExtractOptions } from './extract.ts';
import { storeFeatures } from './feature-folder.ts';
import { type SmallRun, smallRun } from './small-run.fixture.ts';

let small: SmallRun;
let options: ExtractOptions;
let evaluation: EvaluateOptions;
beforeAll(async () => {
  small = await smallRun();
  const base = small.recipe();
  const recipe = small.recipe({ model: { use: 'model/baseline', options: { ...(base.model.options as object), classes: 8 } } });
  const built = buildModel(recipe, small.registry);
  const dataset = await small.registry.use<DatasetReader>({ use: 'dataset/market1501', options: { root: small.data } }).read();
  const { makeProgram, matrixProduct } = currentBackend();
  const tensors = initialState(built.model, Random.seed(1));
  const records = dataset.splits.gallery as CropRecord[];
  options = { model: built.model, tensors, makeProgram, outputs: ['global.bn'], root: dataset.root, records, transforms: recipe.evaluation.transforms, batchSize: 8, workers: 0 }; // prettier-ignore
  evaluation = { ...built, evaluation: recipe.evaluation, tensors, dataset, makeProgram, product: matrixProduct, workers: 0 };
});
afterAll(() => small.remove());

describe('storeFeatures', () => {
  it('gives the descriptors that extraction gives, in parts, and goes on with those that are there', async () => {
    const folder = join(small.folder, 'parts');
    const whole = await extract(options);
    const stored = await storeFeatures({ ...options, folder, rows: 5 });
    expect(stored.parts.sizes.slice(0, 2)).toEqual([5, 5]);
    expect(stored.parts.count).toBe(options.records.length);
    expect(stored.records).toEqual(whole.records);
    expect(stored.facts).toEqual(whole.facts);
    const second = await stored.parts.read(1);
    const width = whole.descriptors.tensors['global.bn']!.shape[1]!;
    const expected = (whole.descriptors.tensors['global.bn']!.data as Float32Array).subarray(5 * width, 10 * width);
    (second.tensors['global.bn']!.data as Float32Array).forEach((value, k) => expect(value).toBeCloseTo(expected[k]!, 5));

    const [first, next] = readdirSync(folder).map((name) => join(folder, name)); // prettier-ignore
    const before = statSync(first!).mtimeMs;
    unlinkSync(next!);
    const again = await storeFeatures({ ...options, folder, rows: 5 });
    expect(statSync(first!).mtimeMs).toBe(before);
    expect((await again.parts.read(1)).tensors['global.bn']!.data).toEqual(second.tensors['global.bn']!.data);
  });

  it('remembers which images could not be read', async () => {
    const folder = join(small.folder, 'skipping');
    const [broken] = options.records;
    writeFileSync(join(small.folder, 'broken.jpg'), 'no picture');
    const records = [broken!, { ...broken!, file: '../broken.jpg' }, ...options.records.slice(1, 4)];
    const run = { ...options, records, folder, rows: 3, onError: 'skip' as const };
    for (const stored of [await storeFeatures(run), await storeFeatures(run)]) {
      expect(stored.skipped).toBe(1);
      expect(stored.parts.sizes).toEqual([2, 2]);
      expect(stored.records).toEqual([broken, ...options.records.slice(1, 4)]);
    }
  });

  it('refuses a folder of something else', async () => {
    const folder = join(small.folder, 'parts');
    await expect(storeFeatures({ ...options, folder, rows: 5, flip: true })).rejects.toMatchObject({ code: 'FILE_EXISTS' });
  });
});

describe('evaluate with a folder of features', () => {
  it('gives the same figures and lists as in memory', async () => {
    const lists = { count: 2, length: 4, seed: 1 };
    const inMemory = await evaluate({ ...evaluation, lists });
    const streamed = await evaluate({ ...evaluation, lists, features: join(small.folder, 'gallery') });
    expect(streamed.summary).toEqual(inMemory.summary);
    expect(streamed.perQuery).toEqual(inMemory.perQuery);
    expect(streamed.lists.best.map(({ ranking }) => ranking.map(({ item }) => item.file))).toEqual(
      inMemory.lists.best.map(({ ranking }) => ranking.map(({ item }) => item.file)),
    );
  });

  it('refuses to re-rank', async () => {
    const rerankers = [
      { name: 'k-reciprocal', parameters: {}, apply: async (given: object) => given },
    ] as unknown as EvaluateOptions['rerankers'];
    await expect(evaluate({ ...evaluation, rerankers: rerankers!, features: join(small.folder, 'gallery') })).rejects.toThrow(
      /needs the whole gallery in memory/,
    );
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReidError, Random, hostTensor, writeSafetensors, type Descriptors, type PairScorer, type Scorer } from '@reidkit/core-tensor/base';
import { pairScorerConformance, rerankerConformance, scorerConformance } from '@reidkit/core-tensor/testing';
import { describe, expect, it } from 'vitest';
import { cosineScorer } from '../cosine-scorer.ts';
import { descriptorMatrix } from '../descriptor-matrix.ts';
import { takeDescriptors } from '../descriptor-rows.ts';
import { euclidScorer } from '../euclid-scorer.ts';
import { partWeightedScorer } from '../part-weighted-scorer.ts';
import { featureParts, openFeatureFile, streamedGallery } from '../streamed-gallery.ts';
import { kReciprocal } from './k-reciprocal.ts';
import { expandQueries, queryExpansion } from './query-expansion.ts';
import { roundHalfEven } from './reciprocal-sets.ts';
import { pairRescoring, rescored } from './rescored.ts';

/** Noisy copies of a few centres. */
function drawn(count: number, seed: number, width = 6): Descriptors {
  const random = Random.seed(seed);
  const centres = Random.seed(99).normal(4 * width);
  const noise = random.fork('noise').normal(count * width);
  const data = noise.map((value, at) => 0.5 * value + centres[(Math.floor(at / width) % 4) * width + (at % width)]!);
  return { count, tensors: { global: hostTensor(data, [count, width]) } };
}

const everyone = (descriptors: Descriptors): Descriptors =>
  takeDescriptors(descriptors, Array.from({ length: descriptors.count }, (_, at) => at)); // prettier-ignore

const failure = async (promise: Promise<unknown>): Promise<ReidError> => {
  const error: unknown = await promise.catch((thrown: unknown) => thrown);
  if (!ReidError.is(error)) throw new Error(`expected a ReidError, got ${String(error)}`);
  return error;
};

/** The published method on whole matrices in float64: what the sparse one must give. */
function dense(rows: readonly (readonly number[])[], queries: number, [k1, k2, lambda]: readonly [number, number, number]): number[] {
  const count = rows.length;
  const scaled = rows.map((row) => row.map((value) => Math.fround(value / Math.max(...row))));
  const ranked = scaled.map((row) => Array.from(row.keys()).sort((a, b) => row[a]! - row[b]! || a - b));
  const first = (item: number, k: number): number[] => ranked[item]!.slice(0, k + 1);
  const reciprocal = (item: number, k: number): number[] => first(item, k).filter((other) => first(other, k).includes(item));
  const encode = (item: number): number[] => {
    const base = reciprocal(item, k1);
    const expanded = new Set(base);
    for (const candidate of base) {
      const others = reciprocal(candidate, roundHalfEven(k1 / 2));
      if (others.filter((other) => base.includes(other)).length > (2 / 3) * others.length) for (const other of others) expanded.add(other);
    }
    const weights = scaled[item]!.map((distance, at) => (expanded.has(at) ? Math.exp(-distance) : 0));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return weights.map((weight) => weight / sum);
  };
  const encoded = rows.map((_, item) => encode(item));
  const averaged = ranked.map((order) => {
    const nearest = order.slice(0, k2);
    return encoded.map((_, column) => nearest.reduce((sum, other) => sum + encoded[other]![column]!, 0) / nearest.length);
  });
  return Array.from({ length: queries }, (_, q) =>
    Array.from({ length: count - queries }, (_unused, g) => {
      const shared = averaged[q]!.reduce((sum, value, at) => sum + Math.min(value, averaged[queries + g]![at]!), 0);
      return (1 - shared / (2 - shared)) * (1 - lambda) + scaled[q]![queries + g]! * lambda;
    }),
  ).flat();
}

describe('rerank/k-reciprocal', () => {
  for (const { title, check } of rerankerConformance(() => kReciprocal({ k1: 4, k2: 2 }))) it(title, check);

  it.each([
    [20, 6, 0.3],
    [50, 15, 0.3],
    [5, 1, 0],
    [7, 3, 0.8],
  ] as const)('gives what the method on whole matrices gives: k1 %d, k2 %d, lambda %d', async (k1, k2, lambda) => {
    const [query, gallery] = [drawn(13, 1), drawn(40, 2)];
    const all = { count: 53, tensors: { global: hostTensor([...query.tensors.global!.data, ...gallery.tensors.global!.data], [53, 6]) } };
    const matrix = await euclidScorer({ squared: true }).prepare(all).distances(everyone(all));
    const rows = Array.from({ length: 53 }, (_, row) => [...matrix.subarray(row * 53, (row + 1) * 53)]);
    const want = dense(rows, 13, [k1, k2, lambda]);
    for (const scorer of [euclidScorer({ squared: true }), euclidScorer()]) {
      const after = await kReciprocal({ k1, k2, lambda }).apply({ query, gallery, scorer }, { blockBytes: 53 * 4 * 7 });
      const got = await after.scorer.prepare(after.gallery).distances(everyone(after.query));
      got.forEach((value, at) => expect(Math.abs(value - want[at]!)).toBeLessThan(1e-6));
    }
  });

  it('rounds halves to even and knows both presets', () => {
    expect([2.5, 3.5, 12.5, 2.4, 25].map(roundHalfEven)).toEqual([2, 4, 12, 2, 25]);
    expect(kReciprocal().parameters).toEqual({ k1: 20, k2: 6, lambda: 0.3, variant: 'published' });
    expect(kReciprocal({ preset: 'clip-reid', lambda: 0.5 }).parameters).toMatchObject({ k1: 50, k2: 15, lambda: 0.5 });
  });

  it('stays within its memory or says how much it needs', async () => {
    const sides = { query: drawn(300, 1, 1), gallery: drawn(3000, 2, 1), scorer: euclidScorer({ squared: true }) };
    const error = await failure(kReciprocal({ k1: 100, memory: 1 }).apply(sides));
    expect([error.code, error.message]).toEqual(['INVALID_OPTIONS', expect.stringContaining('needs more than the 1 MB')]);
    expect(error.hint).toContain('memory to 2');
  });

  it('can be stopped, and refuses queries that it does not know', async () => {
    const sides = { query: drawn(3, 1), gallery: drawn(9, 2), scorer: cosineScorer() };
    expect((await failure(kReciprocal().apply(sides, { signal: AbortSignal.abort() }))).code).toBe('INTERRUPTED');
    const after = await kReciprocal().apply(sides);
    const strange = await failure(after.scorer.prepare(after.gallery).distances({ count: 1, tensors: drawn(1, 3).tensors }));
    expect(strange.message).toContain('known for the queries they were made for only');
    expect(() => after.scorer.prepare(drawn(4, 1))).toThrow('a gallery of 9 images, got 4');
  });
});

describe('rerank/query-expansion', () => {
  for (const { title, check } of rerankerConformance(() => queryExpansion({ k: 3 }))) it(title, check);

  it('averages the nearest, itself among them, not divided by the weights', async () => {
    const query: Descriptors = { count: 1, tensors: { global: hostTensor([2, 0], [1, 2]) } };
    const gallery: Descriptors = { count: 2, tensors: { global: hostTensor([1, 1, 0, 1], [2, 2]) } };
    const { query: expanded } = await expandQueries({ query, gallery, name: 'global' }, { k: 2, alpha: 2 });
    // Weights 1 and (1/√2)² = 1/2.
    expect([...(expanded.tensors.global!.data as Float32Array)]).toEqual([1.25, 0.25]);
  });

  it('says what a scorer of several descriptors, or a fractional power, cannot have', async () => {
    const sides = { query: drawn(2, 1), gallery: drawn(3, 2) };
    const several: Scorer = { ...cosineScorer(), reads: ['global', 'parts'] };
    expect((await failure(queryExpansion().apply({ ...sides, scorer: several }))).message).toContain('reads global, parts');
    const opposite: Descriptors = { count: 1, tensors: { global: hostTensor([-1, 0], [1, 2]) } };
    const query: Descriptors = { count: 1, tensors: { global: hostTensor([1, 0], [1, 2]) } };
    const lost = queryExpansion({ alpha: 0.5 }).apply({ query, gallery: opposite, scorer: cosineScorer() });
    expect((await failure(lost)).message).toContain('a negative cosine to the power 0.5');
  });
});

/** Scores by one number each: the product. */
const product: PairScorer = {
  name: 'product',
  reads: ['global'],
  async score(query, candidates) {
    const a = descriptorMatrix(query, 'global', 'the pair scorer').data[0]!;
    const { data, shape } = descriptorMatrix(candidates, 'global', 'the pair scorer');
    return Float32Array.from({ length: shape[0]! }, (_, at) => a * data[at * shape[1]!]!);
  },
};

describe('rerank/pair-scorer', () => {
  for (const { title, check } of pairScorerConformance(() => product)) it(`the pair scorer ${title}`, check);
  for (const { title, check } of rerankerConformance(() => pairRescoring(product, { top: 4 }))) it(title, check);

  const gallery: Descriptors = { count: 5, tensors: { global: hostTensor([1, 2, 3, 4, 5], [5, 1]) } };
  const query: Descriptors = { count: 1, tensors: { global: hostTensor([1], [1, 1]) } };
  const orderOf = (distances: Float32Array): number[] =>
    Array.from(distances.keys()).sort((a, b) => distances[a]! - distances[b]! || a - b);

  it('puts the first in the order of their scores and keeps the rest below', async () => {
    const scorer = rescored(euclidScorer(), product, { top: 3 });
    expect(orderOf(await scorer.prepare(gallery).distances(everyone(query)))).toEqual([2, 1, 0, 3, 4]);
    const all = rescored(euclidScorer(), product, { top: 99 });
    expect(orderOf(await all.prepare(gallery).distances(everyone(query)))).toEqual([4, 3, 2, 1, 0]);
  });

  it('keeps equal scores equal, so that positions decide', async () => {
    const flat: PairScorer = { ...product, score: async (_query, { count }) => new Float32Array(count) };
    const distances = await rescored(euclidScorer(), flat, { top: 3 }).prepare(gallery).distances(everyone(query));
    expect(new Set(distances.subarray(0, 3)).size).toBe(1);
    expect(orderOf(distances)).toEqual([0, 1, 2, 3, 4]);
  });

  it('goes on with the scores that are kept', async () => {
    const held = new Map<number, Float32Array>();
    let asked = 0;
    const counting: PairScorer = { ...product, score: (...args) => (asked++, product.score(...args)) };
    const kept = {
      get: async (q: number) => held.get(q),
      put: async (q: number, _c: readonly number[], scores: Float32Array) => void held.set(q, scores),
    };
    const scorer = rescored(euclidScorer(), counting, { top: 3, kept });
    const first = await scorer.prepare(gallery).distances(everyone(query));
    expect(await scorer.prepare(gallery).distances(everyone(query))).toEqual(first);
    expect(asked).toBe(1);
  });

  it('names the candidate whose score is not a number', async () => {
    const lost: PairScorer = { ...product, score: async (_query, { count }) => new Float32Array(count).fill(NaN) };
    const error = await failure(rescored(euclidScorer(), lost, { top: 2 }).prepare(gallery).distances(everyone(query)));
    expect(error.message).toContain('got NaN for gallery item 0');
  });
});

describe('scorer/part-weighted', () => {
  const descriptors = (count: number, seed: number): Descriptors => ({
    count,
    tensors: {
      global: hostTensor(
        Random.seed(seed)
          .fork('global')
          .normal(count * 5),
        [count, 5],
      ),
      parts: hostTensor(
        Random.seed(seed)
          .fork('parts')
          .normal(count * 12),
        [count, 3, 4],
      ),
      weight: hostTensor(Random.seed(seed).fork('weight').uniform(count * 3), [count, 3]), // prettier-ignore
    },
  });
  for (const { title, check } of scorerConformance(() => partWeightedScorer(), { descriptors })) it(title, check);
});

describe('a streamed gallery', () => {
  it('gives the distances of the whole one, from a file of half the size', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reidkit-features-'));
    try {
      const gallery = drawn(23, 2);
      const path = join(folder, 'gallery.safetensors');
      await writeSafetensors(path, featureParts(gallery, 7), { floats: 'F16' });
      const file = await openFeatureFile(path, ['global']);
      expect([file.count, file.sizes]).toEqual([23, [7, 7, 7, 2]]);
      const streamed = streamedGallery(cosineScorer(), file);
      const got = await streamed.scorer.prepare(streamed.gallery).distances(drawn(5, 1));
      const want = await cosineScorer().prepare(gallery).distances(drawn(5, 1));
      got.forEach((value, at) => expect(Math.abs(value - want[at]!)).toBeLessThan(2e-3));
      await file.close();
      expect((await failure(openFeatureFile(path, ['glob']))).message).toContain('holds no tensor "glob/0"');
      expect(() => streamed.scorer.prepare(gallery)).not.toThrow();
      expect(() => streamed.scorer.prepare(drawn(4, 1))).toThrow('holds 23 images, got 4');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

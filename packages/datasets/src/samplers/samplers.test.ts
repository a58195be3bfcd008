import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRegistry, Random, ReidError, type Sampler, type SamplingTable } from '@reidkit/core-tensor/base';
import { datasetsPlugin } from '../plugin.ts';

const registry = createRegistry(datasetsPlugin);
const sampler = (use: string, options: unknown = {}): Sampler => registry.use({ use, options });
const tableOf = (labels: readonly number[]): SamplingTable => ({ labels: Int32Array.from(labels), cameras: new Int32Array(labels.length) });
const flat = (batches: readonly Int32Array[]): number[] => batches.flatMap((batch) => [...batch]);

/** Labels with `counts[i]` images of identity i, mixed. */
const mixed = (counts: readonly number[]): number[] =>
  Random.seed(9)
    .stream()
    .shuffle(counts.flatMap((count, label) => new Array<number>(count).fill(label)));

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (ReidError.is(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('sampler/pk', () => {
  it('gives one image of each group where steps depend on the identity alone: as many batches, of other lengths', () => {
    const table = tableOf([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
    const whole = sampler('sampler/pk', { identities: 2, images: 2 });
    const one = sampler('sampler/pk', { identities: 2, images: 2, only: 'one' });
    expect([whole.batchSize, one.batchSize]).toEqual([4, 2]);
    const [groups, singles] = [whole.batches(table, Random.seed(1)), one.batches(table, Random.seed(1))];
    expect(singles.map((batch) => [...batch])).toEqual(groups.map((batch) => [batch[0], batch[2]]));
  });

  it('keeps its rules whatever the identities', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 14 }), { minLength: 4, maxLength: 20 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }), fc.nat(), (sizes, P, K, seed) => {
        const labels = mixed(sizes);
        const batches = sampler('sampler/pk', { identities: P, images: K }).batches(tableOf(labels), Random.seed(seed));
        for (const batch of batches) {
          expect(batch.length).toBe(P * K);
          const groups = Array.from({ length: P }, (_, p) => [...batch.slice(p * K, (p + 1) * K)].map((index) => labels[index]!));
          expect(groups.every((group) => new Set(group).size === 1)).toBe(true);
          expect(new Set(groups.map(([label]) => label)).size).toBe(P);
        }
        const drawn = flat(batches);
        sizes.forEach((size, label) => {
          const own = drawn.filter((index) => labels[index] === label);
          if (size >= K) expect(new Set(own).size).toBe(own.length);
          expect(own.length).toBeLessThanOrEqual(Math.max(1, Math.floor(size / K)) * K);
        });
        const open = sizes.filter((size, label) => {
          const groups = drawn.filter((index) => labels[index] === label).length / K;
          return groups < Math.max(1, Math.floor(size / K));
        });
        expect(open.length).toBeLessThan(P);
      }),
    );
  });

  it('lets short identities come with fewer images, or leaves them out', () => {
    const table = tableOf([0, 0, 0, 0, 1, 1, 2, 2, 2, 2]);
    const fewer = sampler('sampler/pk', { identities: 3, images: 4, short: 'fewer' }).batches(table, Random.seed(1));
    expect(fewer.map((batch) => [...batch].sort((a, b) => a - b))).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]);
    const without = sampler('sampler/pk', { identities: 2, images: 4, short: 'leave-out' }).batches(table, Random.seed(1));
    expect(flat(without)).not.toContain(4);
    const message = messageOf(() => sampler('sampler/pk', { identities: 3, images: 4, short: 'leave-out' }).batches(table, Random.seed(1)));
    expect(message).toContain('DATASET_INVALID: sampler/pk needs 3 identities with at least 4 images for a batch, there are 2');
  });

  it('never draws records without a label', () => {
    const batches = sampler('sampler/pk', { identities: 1, images: 2 }).batches(tableOf([-1, -1, 0, 0, -1]), Random.seed(1));
    expect(flat(batches).sort()).toEqual([2, 3]);
  });

  it('says how many identities there are when they do not fill a batch', () => {
    const message = messageOf(() => sampler('sampler/pk').batches(tableOf([0, 1, 2]), Random.seed(1)));
    expect(message).toContain('needs 16 identities for a batch, there are 3');
    expect(message).toContain('set identities to 3 or less');
  });
});

describe('every sampler', () => {
  const labels = mixed([9, 4, 3, 1, 8, 6, 12, 4]);
  const all: readonly (readonly [string, unknown])[] = [
    ['sampler/pk', { identities: 3, images: 4 }],
    ['sampler/random', { batchSize: 8 }],
    ['sampler/identity-balanced', { batchSize: 8 }],
    ['sampler/sequential', { batchSize: 8 }],
  ];

  it.each(all)('%s is a pure function of table and random place', (use, options) => {
    const one = sampler(use, options).batches(tableOf(labels), Random.seed(3));
    expect(sampler(use, options).batches(tableOf(labels), Random.seed(3))).toEqual(one);
    if (use !== 'sampler/sequential') expect(sampler(use, options).batches(tableOf(labels), Random.seed(4))).not.toEqual(one);
  });

  it.each(all)('%s fills no batch beyond its size', (use, options) => {
    const built = sampler(use, options);
    for (const batch of built.batches(tableOf(labels), Random.seed(1))) expect(batch.length).toBeLessThanOrEqual(built.batchSize);
  });
});

describe('sampler/random', () => {
  it('takes every record once, and the small last batch only when asked to', () => {
    const table = tableOf(mixed([10, 9]));
    const kept = sampler('sampler/random', { batchSize: 8, last: 'keep' }).batches(table, Random.seed(1));
    expect(kept.map(({ length }) => length)).toEqual([8, 8, 3]);
    expect(flat(kept).sort((a, b) => a - b)).toEqual([...table.labels.keys()]);
    expect(sampler('sampler/random', { batchSize: 8 }).batches(table, Random.seed(1)).length).toBe(2);
    expect(messageOf(() => sampler('sampler/random').batches(table, Random.seed(1)))).toContain('19 images do not fill a batch of 64');
  });
});

describe('sampler/identity-balanced', () => {
  it('takes every identity equally often, each image before any comes again', () => {
    const labels = mixed([1, 5, 12]);
    const batches = sampler('sampler/identity-balanced', { batchSize: 6, images: 7, last: 'keep' }).batches(
      tableOf(labels),
      Random.seed(1),
    );
    const counts = [0, 1, 2].map((label) => flat(batches).filter((index) => labels[index] === label));
    expect(counts.map(({ length }) => length)).toEqual([7, 7, 7]);
    expect(new Set(counts[1]).size).toBe(5);
    expect(new Set(counts[2]).size).toBe(7);
  });
});

describe('sampler/sequential', () => {
  it('keeps the order and the small last batch', () => {
    const batches = sampler('sampler/sequential', { batchSize: 4 }).batches(tableOf([0, 0, 1, -1, 2, 2]), Random.seed(1));
    expect(batches).toEqual([Int32Array.of(0, 1, 2, 3), Int32Array.of(4, 5)]);
  });
});

import { createRegistry, Random, type Sampler, type SamplingTable } from '@reidkit/core-tensor/base';
import { samplerConformance } from '@reidkit/core-tensor/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datasetsPlugin } from '../plugin.ts';
import { shardBatches } from './shard.ts';

const registry = createRegistry(datasetsPlugin);
const mixed = (options: object): Sampler => registry.use({ use: 'sampler/mixed', options });
const pk = { use: 'sampler/pk', options: { identities: 2, images: 2 } };

/** Three sources with 4, 6 and 10 identities of 4 images; labels of the sources follow one another. */
const COUNTS = [4, 6, 10];
function tableOf(): SamplingTable {
  const rows = COUNTS.flatMap((identities, domain) =>
    Array.from({ length: identities * 4 }, (_, i) => ({ domain, label: COUNTS.slice(0, domain).reduce((a, b) => a + b, 0) + (i >> 2) })),
  );
  const order = Random.seed(4).stream().shuffle(rows);
  return {
    labels: Int32Array.from(order, ({ label }) => label),
    cameras: new Int32Array(order.length),
    domains: Int32Array.from(order, ({ domain }) => domain),
  };
}
const table = tableOf();
const domainsOf = (batches: readonly Int32Array[]): number[] =>
  batches.map((batch) => {
    const all = new Set([...batch].map((at) => table.domains![at]!));
    expect(all.size).toBe(1);
    return [...all][0]!;
  });

describe('sampler/mixed', () => {
  for (const { title, check } of samplerConformance(() => mixed({ sampler: pk }), { perIdentity: 2 })) it(title, check);

  it('takes the sources in turn, and goes on with those that are left or stops', () => {
    const longest = domainsOf(mixed({ sampler: pk }).batches(table, Random.seed(1)));
    expect(longest.slice(0, 6)).toEqual([0, 1, 2, 0, 1, 2]);
    expect(longest.at(-1)).toBe(2);
    const shortest = domainsOf(mixed({ sampler: pk, end: 'shortest' }).batches(table, Random.seed(1)));
    expect(shortest.length % 3).toBe(0);
    expect(new Set(longest.slice(0, shortest.length))).toEqual(new Set([0, 1, 2]));
  });

  it('draws sources by weight, none of their records twice', () => {
    const counts = [0, 0, 0];
    for (let seed = 0; seed < 300; seed++) {
      const batches = mixed({ sampler: pk, order: 'by-weight', weights: [1, 1, 6] }).batches(table, Random.seed(seed));
      const drawn = batches.flatMap((batch) => [...batch]);
      expect(new Set(drawn).size).toBe(drawn.length);
      domainsOf(batches).forEach((domain) => counts[domain]!++);
    }
    const total = counts.reduce((a, b) => a + b, 0);
    expect(counts[2]! / total).toBeGreaterThan(0.68);
    expect(counts[2]! / total).toBeLessThan(0.8);
  });

  it('refuses weights that do not meet the sources or the order', () => {
    expect(() => mixed({ sampler: pk, order: 'by-weight', weights: [1, 2] }).batches(table, Random.seed(1))).toThrow(
      /has 2 weights, the records come from 3 sources/,
    );
    expect(() => mixed({ sampler: pk, weights: [1] })).toThrow(/expected weights with the order "by-weight"/);
  });
});

describe('shardBatches', () => {
  it('shares batches out, none twice, as many for each', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 9 }), (length, count) => {
        fc.pre(length >= count);
        const batches = Array.from({ length }, (_, i) => i);
        const shards = Array.from({ length: count }, (_, index) => shardBatches(batches, { index, count }));
        const all = shards.flat();
        expect(new Set(all).size).toBe(all.length);
        expect(new Set(shards.map((shard) => shard.length)).size).toBe(1);
        expect(all.length).toBe(length - (length % count));
      }),
    );
  });

  it('refuses more processes than batches, and processes that are none', () => {
    expect(() => shardBatches([1, 2], { index: 0, count: 3 })).toThrow(/2 batches cannot be shared out over 3 processes/);
    expect(() => shardBatches([1, 2], { index: 2, count: 2 })).toThrow(/an index from 0 below the count, got 2 of 2/);
  });
});

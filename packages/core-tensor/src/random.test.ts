import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random, threefry, type RandomStream } from './random.ts';

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
const words = (high: number, low: number, counterHigh: number, counterLow: number): string[] => {
  const out = new Uint32Array(2);
  threefry({ high, low }, counterHigh, counterLow, out);
  return [...out].map(hex);
};

describe('threefry', () => {
  // Known answers of Random123 for threefry2x32 with 20 rounds.
  it.each([
    { key: [0, 0], counter: [0, 0], want: ['6b200159', '99ba4efe'] },
    { key: [0xffffffff, 0xffffffff], counter: [0xffffffff, 0xffffffff], want: ['1cb996fc', 'bb002be7'] },
    { key: [0x13198a2e, 0x03707344], counter: [0x243f6a88, 0x85a308d3], want: ['c4923a9c', '483df7a0'] },
  ])('gives $want', ({ key: [high, low], counter: [first, second], want }) => {
    expect(words(high!, low!, first!, second!)).toEqual(want);
  });
});

describe('Random', () => {
  it('gives the same numbers for a seed, for ever', () => {
    const place = Random.seed(1).fork('sampler', 3);
    expect([hex(place.key.high), hex(place.key.low)]).toEqual(['4ec293fb', '9069012a']);
    expect([...place.uniform(3)]).toEqual([...Random.seed(1).fork('sampler').fork(3).uniform(3)]);
  });

  it('takes whole numbers of 53 bits as seeds, each of its own', () => {
    const first = (seed: number): number => Random.seed(seed).stream().bits();
    expect(new Set([0, 1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER].map(first)).size).toBe(5);
    for (const seed of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
      expect(() => Random.seed(seed)).toThrow(`A seed is a whole number from 0 to 2^53 - 1, got ${seed}.`);
    }
  });

  it('draws the same numbers whatever was drawn elsewhere', () => {
    const root = Random.seed(5);
    const before = [...root.fork('a').uniform(4)];
    root.fork('b').stream().bits();
    root.stream().shuffle([1, 2, 3]);
    expect([...root.fork('a').uniform(4)]).toEqual(before);
  });

  it('gives the first numbers of a longer list when fewer are asked for', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }), (seed, a, b) => {
        const place = Random.seed(seed);
        const [few, many] = [Math.min(a, b), Math.max(a, b)];
        expect([...place.uniform(many)].slice(0, few)).toEqual([...place.uniform(few)]);
        expect([...place.normal(many)].slice(0, few)).toEqual([...place.normal(few)]);
      }),
    );
  });

  it('has children that have nothing in common', () => {
    const root = Random.seed(3);
    const names = [...Array(500).keys()].flatMap((i) => [i, `name${i}`, 2 ** 32 + i]);
    const keys = names.map((name) => hex(root.fork(name).key.high) + hex(root.fork(name).key.low));
    expect(new Set(keys).size).toBe(names.length);
    expect(root.fork('a', 'b').key).not.toEqual(root.fork('b', 'a').key);
    // Numbers of neighbours are uncorrelated: |r| of 4000 pairs stays below 4/√4000.
    const [left, right] = [root.fork(0).normal(4000), root.fork(1).normal(4000)];
    const correlation = left.reduce((sum, value, i) => sum + value * right[i]!, 0) / 4000;
    expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(4000));
  });

  it('is uniform in [0, 1) and exact in float32', () => {
    const values = Random.seed(7).uniform(20_001);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    const bins = new Array<number>(10).fill(0);
    for (const value of values) bins[Math.floor(value * 10)]!++;
    const chiSquared = bins.reduce((sum, count) => sum + (count - 2000.1) ** 2 / 2000.1, 0);
    expect(chiSquared).toBeLessThan(27.9); // 9 degrees of freedom, 0.1 %
  });

  it('is normal: mean 0, the deviation asked for, the right tails', () => {
    const values = Random.seed(8).normal(40_001, 3);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan((4 * 3) / Math.sqrt(values.length));
    expect(variance / 9).toBeCloseTo(1, 1);
    const beyond = values.filter((value) => Math.abs(value) > 6).length / values.length;
    expect(beyond).toBeCloseTo(0.0455, 2);
    expect(values.every(Number.isFinite)).toBe(true);
  });
});

describe('RandomStream', () => {
  const stream = (seed = 1): RandomStream => Random.seed(seed).stream();

  it('draws the same whether asked one by one or in a mix', () => {
    const [a, b] = [stream(), stream()];
    const one = [a.bits(), a.bits(), a.bits(), a.bits()];
    expect([b.bits(), b.uniform() * 2 ** 32, b.bits(), b.bits()]).toEqual(one);
  });

  it('draws whole numbers below a bound, each equally often', () => {
    const draws = stream();
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 7000; i++) counts[draws.integer(7)]!++;
    expect(counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(22.5); // 6 degrees of freedom, 0.1 %
    expect(draws.integer(1)).toBe(0);
    expect(draws.integer(2 ** 32)).toBeLessThan(2 ** 32);
    for (const bound of [0, -1, NaN, 2 ** 32 + 1]) expect(() => draws.integer(bound)).toThrow('integer(bound) takes 1 to 2^32');
    expect(() => draws.choice([])).toThrow('integer(bound)');
  });

  it('shuffles without loss, fairly, and leaves the list alone', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.nat(), (values, seed) => {
        const copy = [...values];
        const shuffled = stream(seed).shuffle(values);
        expect(values).toEqual(copy);
        expect([...shuffled].sort()).toEqual([...values].sort());
      }),
    );
    const orders = new Map<string, number>();
    const draws = stream();
    for (let i = 0; i < 6000; i++) {
      const order = draws.shuffle(['a', 'b', 'c']).join('');
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    expect(orders.size).toBe(6);
    for (const count of orders.values()) expect(Math.abs(count - 1000)).toBeLessThan(120); // 4 deviations
  });

  it('draws in a range, by chance, and normally', () => {
    const draws = stream(4);
    const ranged = Array.from({ length: 1000 }, () => draws.uniform(-2, 3));
    expect(Math.min(...ranged)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...ranged)).toBeLessThan(3);
    const hits = Array.from({ length: 4000 }, () => draws.chance(0.3)).filter(Boolean).length;
    expect(hits / 4000).toBeCloseTo(0.3, 1);
    expect([draws.chance(0), draws.chance(1)]).toEqual([false, true]);
    const normal = Array.from({ length: 4000 }, () => draws.normal(5, 2));
    expect(normal.reduce((sum, value) => sum + value, 0) / 4000).toBeCloseTo(5, 0);
    expect(draws.choice(['only'])).toBe('only');
  });
});

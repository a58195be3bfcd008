import { ReidError } from '@reidkit/core-tensor/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchRanks } from './match-ranks.ts';

/** Sorts the row, as the definition says. */
function ranksBySorting(distances: readonly number[], matches: readonly number[], leftOut: readonly number[]): number[] {
  const order = distances
    .map((distance, position) => ({ distance, position }))
    .filter(({ position }) => !leftOut.includes(position))
    .sort((a, b) => (a.distance === b.distance ? a.position - b.position : a.distance < b.distance ? -1 : 1));
  return order.flatMap(({ position }, rank) => (matches.includes(position) ? [rank] : []));
}

const ranks = (distances: readonly number[], matches: readonly number[], leftOut: readonly number[] = []): number[] => {
  const block = Float32Array.from([7, 7, ...distances, -7]);
  const row = { block, begin: 2, length: distances.length };
  return [...matchRanks(row, { matches: Int32Array.from(matches), leftOut: Int32Array.from(leftOut) })];
};

describe('matchRanks', () => {
  it('counts the items before each match', () => {
    expect(ranks([0.5, 0.1, 0.4, 0.2, 0.3], [3, 0])).toEqual([1, 4]);
  });

  it('breaks ties by gallery position', () => {
    expect(ranks([1, 1, 1, 1], [2])).toEqual([2]);
    expect(ranks([1, 1, 1, 1, 0], [1, 3])).toEqual([2, 4]);
  });

  it('leaves items out without a trace', () => {
    expect(ranks([0.1, 0.2, 0.3, 0.4], [3], [0, 2])).toEqual([1]);
    expect(ranks([0.1, 0.2, 0.3, 0.4], [1], [3])).toEqual([1]);
  });

  it('ranks infinite distances last and equal to each other', () => {
    expect(ranks([Infinity, 1, Infinity, Infinity], [2, 1])).toEqual([0, 2]);
    expect(ranks([-Infinity, 1, 2], [2])).toEqual([2]);
  });

  it('refuses a distance that is not a number, wherever it stands', () => {
    for (const position of [0, 1, 5]) {
      const distances = [0.3, 0.1, 0.2, 9, 9, 9];
      distances[position] = NaN;
      expect(() => ranks(distances, [1])).toThrow(`gallery item ${position} is not a number`);
    }
    try {
      ranks([NaN], [0]);
    } catch (error) {
      expect(ReidError.is(error) && error.code).toBe('INVALID_ARGUMENT');
    }
  });

  it('agrees with sorting, with many ties, removals and huge spans', () => {
    const distance = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.float({ noNaN: true }), fc.constantFrom(0, -0, 1e-30, 3e38, -3e38));
    const items = fc.array(fc.record({ distance, role: fc.constantFrom('match', 'leftOut', 'other', 'other') }), { minLength: 1 });
    fc.assert(
      fc.property(items, (row) => {
        const of = (role: string): number[] => row.flatMap((item, position) => (item.role === role ? [position] : []));
        fc.pre(of('match').length > 0);
        const distances = row.map((item) => Math.fround(item.distance));
        expect(ranks(distances, of('match'), of('leftOut'))).toEqual(ranksBySorting(distances, of('match'), of('leftOut')));
      }),
      { numRuns: 500 },
    );
  });
});

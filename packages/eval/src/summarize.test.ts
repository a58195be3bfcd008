import type { RetrievalResult } from '@reidkit/core-tensor/base';
import { describe, expect, it } from 'vitest';
import { pickQueries } from './pick-queries.ts';
import { summarize } from './summarize.ts';

const result = (cmc: readonly number[], gallery: number, precision: readonly number[]): RetrievalResult => ({
  protocol: 'market1501',
  mAP: 0.5,
  mINP: 0.25,
  cmc,
  queries: precision.length,
  queriesDropped: 1,
  gallery,
  identities: 3,
  notes: [],
  perQuery: {
    averagePrecision: Float64Array.from(precision),
    inverseNegativePenalty: new Float64Array(precision.length),
    firstMatch: new Int32Array(precision.length),
  },
});

describe('summarize', () => {
  it('gives the figures of metrics.json', () => {
    const cmc = Array.from({ length: 50 }, (_, k) => (k + 1) / 50);
    expect(summarize(result(cmc, 100, [1, 0.5, -1]))).toEqual({
      protocol: 'market1501',
      mAP: 0.5,
      mINP: 0.25,
      cmc: { '1': 0.02, '3': 0.06, '5': 0.1, '10': 0.2, '20': 0.4 },
      queries: 3,
      queriesDropped: 1,
      gallery: 100,
      testIdentities: 3,
    });
  });

  it('stays at the last value when the gallery ends the curve, and stops when maxRank does', () => {
    expect(summarize(result([0.5, 1], 2, [1])).cmc).toEqual({ '1': 0.5, '3': 1, '5': 1, '10': 1, '20': 1 });
    expect(summarize(result([0.5, 0.6, 0.7, 0.8], 9, [1])).cmc).toEqual({ '1': 0.5, '3': 0.7 });
  });
});

describe('pickQueries', () => {
  it('picks the best, the worst and a draw, never a dropped query', () => {
    const judged = result([1], 1, [0.5, -1, 0.9, 0.1, 0.9]);
    const picked = pickQueries(judged, { count: 2, seed: 5 });
    expect(picked.best).toEqual([2, 4]);
    expect(picked.worst).toEqual([3, 0]);
    expect(picked.random).toHaveLength(2);
    expect(picked.random).not.toContain(1);
    expect(pickQueries(judged, { count: 2, seed: 5 })).toEqual(picked);
    expect(new Set(pickQueries(judged, { count: 9, seed: 5 }).random)).toEqual(new Set([0, 2, 3, 4]));
  });
});

import { ReidError, type Protocol, type RetrievalResult } from '@reidkit/core-tensor/base';
import { protocolConformance } from '@reidkit/core-tensor/testing';
import { describe, expect, it } from 'vitest';
import { bootstrapDifference, bootstrapMean } from './bootstrap.ts';
import { crossDomainTable } from './cross-domain-table.ts';
import { givenDistances } from './given-distances.ts';
import { alarmThreshold, openSet } from './open-set.ts';
import { areaUnder, rocCurve, trueAcceptsAt } from './roc-curve.ts';
import { summarize } from './summarize.ts';
import { verification } from './verification.ts';

for (const [name, make] of Object.entries({ verification, openSet })) {
  describe(`${name} keeps to the conformance suite`, () => {
    for (const { title, check } of protocolConformance(make)) it(title, check);
  });
}

function judge(
  protocol: Protocol,
  distances: readonly (readonly number[])[],
  identities: readonly [number[], number[]],
): Promise<RetrievalResult> {
  const [query, gallery] = identities;
  const given = givenDistances(Float32Array.from(distances.flat()), [query.length, gallery.length]);
  const facts = (of: readonly number[], camera: number) => ({
    identities: Int32Array.from(of),
    cameras: Int32Array.from(of, () => camera),
  });
  return protocol.evaluate(
    { descriptors: given.queries, facts: facts(query, 0) },
    { descriptors: given.gallery, facts: facts(gallery, 1) },
    given.scorer,
  );
}

describe('rocCurve', () => {
  it('gives the points worked out by hand', () => {
    const curve = rocCurve(Float32Array.of(1, 3), Float32Array.of(2, 4));
    expect([...curve.trueAccepts]).toEqual([0, 0.5, 0.5, 1, 1]);
    expect([...curve.falseAccepts]).toEqual([0, 0, 0.5, 0.5, 1]);
    expect(areaUnder(curve)).toBe(0.75);
    expect(trueAcceptsAt(curve, 0.1)).toBe(0);
    expect(trueAcceptsAt(curve, 0.4)).toBe(0.5);
  });

  it('takes ties together', () => {
    const curve = rocCurve(Float32Array.of(1, 1), Float32Array.of(1, 1));
    expect([[...curve.falseAccepts], [...curve.trueAccepts]]).toEqual([[0, 1], [0, 1]]); // prettier-ignore
    expect(areaUnder(curve)).toBe(0.5);
  });
});

describe('protocol/verification', () => {
  it('states both roles under their own names', async () => {
    const { figures } = await judge(verification({ rates: [0.5] }), [[1, 2, 3, 4]], [[1], [1, 2, 1, 2]]);
    expect(figures).toEqual({ AUC: 0.75, 'TPR@FPR=5e-01': 0.5, 'fast-reid TPR@FPR=5e-01': 0.5 });
  });

  it('says how much memory it needs when it may not take it', async () => {
    const rows = Array.from({ length: 600 }, () => Array.from({ length: 600 }, () => 1));
    const people = Array.from({ length: 600 }, (_, at) => at);
    const error: unknown = await judge(verification({ memory: 1 }), rows, [people, people]).catch((thrown: unknown) => thrown);
    expect(ReidError.is(error) && [error.code, error.hint]).toEqual(['INVALID_OPTIONS', expect.stringContaining('memory to 2')]);
  });
});

describe('protocol/open-set', () => {
  it('never lets more searches raise an alarm than allowed', () => {
    const nearest = Float64Array.of(0.1, 0.2, 0.2, 0.4, 0.5);
    expect(alarmThreshold(nearest, 0.2)).toBe(0.1);
    // Two of five would be allowed, but the second and the third are equally near.
    expect(alarmThreshold(nearest, 0.4)).toBe(0.1);
    expect(alarmThreshold(nearest, 0.6)).toBe(0.2);
    expect(alarmThreshold(nearest, 1)).toBe(0.5);
    expect(alarmThreshold(nearest, 0.1)).toBe(-Infinity);
  });

  it('gives a threshold, who is found with it, and the alarms to expect', async () => {
    // Query 0 finds itself at 1, query 1 has somebody else nearer, query 2 is of nobody in the gallery.
    const rows = [
      [1, 3, 4],
      [2, 5, 6],
      [7, 8, 9],
    ];
    const { figures, queriesDropped } = await judge(openSet({ alarms: [0.1, 0.7] }), rows, [[1, 2, 9], [1, 2, 3]]); // prettier-ignore
    expect(queriesDropped).toBe(1);
    expect(figures).toEqual({
      'found@alarms=0.1': 0,
      'expected alarms@alarms=0.1': 0,
      'threshold@alarms=0.7': 3,
      'found@alarms=0.7': 0.5,
      'expected alarms@alarms=0.7': 2 / 3,
    });
  });

  it('hands its figures on to the summary', async () => {
    const result = await judge(openSet({ alarms: [1] }), [[1, 2]], [[1], [1, 2]]);
    expect(summarize(result).figures).toEqual(result.figures);
  });
});

describe('bootstrap over queries', () => {
  const values = Float64Array.from({ length: 200 }, (_, at) => (at % 10) / 10); // prettier-ignore

  it('covers the mean, narrower with more values, the same from the same seed', () => {
    const interval = bootstrapMean(values, { seed: 1 });
    expect(interval.value).toBeCloseTo(0.45, 12);
    // 1.96 standard errors of the mean on either side.
    const half = 1.96 * Math.sqrt(0.0825 / 200);
    expect(interval.low).toBeCloseTo(0.45 - half, 2);
    expect(interval.high).toBeCloseTo(0.45 + half, 2);
    expect(bootstrapMean(values, { seed: 1 })).toEqual(interval);
    expect(bootstrapMean(values, { seed: 2 })).not.toEqual(interval);
  });

  it('compares query by query', () => {
    const better = values.map((value) => value + 0.01);
    const { value, low, high } = bootstrapDifference(values, better, { seed: 1 });
    for (const number of [value, low, high]) expect(number).toBeCloseTo(0.01, 9);
    expect(() => bootstrapDifference(values, better.subarray(1), { seed: 1 })).toThrow('got 200 and 199');
    expect(() => bootstrapMean([], { seed: 1 })).toThrow('expected values, got none');
  });
});

describe('crossDomainTable', () => {
  const summary = (mAP: number) => ({ mAP, cmc: { '1': mAP + 0.1 } });

  it('averages over targets that were not trained on', () => {
    const { targets, rows } = crossDomainTable([
      { sources: ['A'], target: 'A', summary: summary(0.9) },
      { sources: ['A'], target: 'B', summary: summary(0.5) },
      { sources: ['A'], target: 'C', summary: summary(0.3) },
      { sources: ['A', 'B'], target: 'C', summary: summary(0.4) },
    ]);
    expect(targets).toEqual(['A', 'B', 'C']);
    expect(rows.map(({ sources }) => sources)).toEqual(['A', 'A + B']);
    expect(rows[0]!.mean!.mAP).toBeCloseTo(0.4, 12);
    expect(rows[1]!.cells).toEqual([null, null, { mAP: 0.4, rank1: 0.5 }]);
  });

  it('refuses two results of one cell', () => {
    const result = { sources: ['A'], target: 'B', summary: summary(0.5) };
    expect(() => crossDomainTable([result, result])).toThrow('got 2 results of A on B');
  });
});

import { Random, type Box } from '@reidkit/core-tensor/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestMatching } from './best-matching.ts';
import { boxOverlap } from './box-overlap.ts';
import { judgePersonSearch } from './judge-person-search.ts';
import { scoreDetections } from './score-detections.ts';
import type { Detection, SearchedFrame, SearchQuery } from './search-scene.ts';
import { steppedPrecision } from './stepped-precision.ts';

const WHOLE: Box = [0, 0, 40, 100];
const ASIDE: Box = [100, 0, 140, 100];

const seen = (box: Box, similarity: number, score = 0.9): Detection => ({ box, score, feature: [similarity, 1] });
const frame = (camera: number, ...detections: Detection[]): SearchedFrame => ({ camera, detections });
/** Looks for somebody whose similarity is the first number of a feature. */
const looksFor = (truth: SearchQuery['truth'], more: Partial<SearchQuery> = {}): SearchQuery => ({
  frame: 0,
  camera: 0,
  feature: [1, 0],
  truth,
  ...more,
});

describe('judgePersonSearch', () => {
  // Frame 0 is the query's own, frame 1 is under its camera, frame 2 under another.
  const frames = [frame(0, seen(WHOLE, 9)), frame(0, seen(WHOLE, 0.5), seen(ASIDE, 0.8)), frame(1, seen(WHOLE, 0.7))];
  const query = looksFor([
    { frame: 0, box: WHOLE },
    { frame: 1, box: WHOLE },
    { frame: 2, box: WHOLE },
  ]);

  it('leaves out the own frame and takes one match per frame', () => {
    // Order: aside 0.8 (wrong), frame 2 0.7 (right), frame 1 0.5 (right).
    const result = judgePersonSearch(frames, [query]);
    expect(result.mAP).toBeCloseTo((1 / 2 + 2 / 3) / 2, 12);
    expect(result.top).toEqual({ '1': 0, '5': 1, '10': 1 });
    expect(result.protocol).toBe('person search, detections from 0.5');
  });

  it('multiplies by the share of frames with the person found', () => {
    const missed = [frames[0]!, frames[1]!, frame(1, seen(ASIDE, 0.7))];
    expect(judgePersonSearch(missed, [query]).mAP).toBeCloseTo((1 / 3) * (1 / 2), 12);
    const unsure = [frames[0]!, frames[1]!, frame(1, seen(WHOLE, 0.7, 0.4))];
    expect(judgePersonSearch(unsure, [query]).mAP).toBeCloseTo((1 / 2) * (1 / 2), 12);
    expect(judgePersonSearch([frames[0]!, frame(0), frame(1)], [query]).mAP).toBe(0);
  });

  it('takes only the most similar detection on the person as the match', () => {
    const twice = [frames[0]!, frame(0), frame(1, seen(WHOLE, 0.7), seen([2, 0, 42, 100], 0.9))];
    const result = judgePersonSearch(twice, [looksFor([{ frame: 2, box: WHOLE }])]);
    expect(result.mAP).toBe(1);
  });

  it('asks less overlap of small boxes', () => {
    const small: Box = [0, 0, 10, 20];
    const moved: Box = [4, 4, 14, 24];
    expect(boxOverlap(small, moved)).toBeLessThan(0.5);
    const needed = (10 * 20) / (20 * 30);
    expect(boxOverlap(small, moved) >= needed).toBe(
      judgePersonSearch([frame(0), frame(1, seen(moved, 1))], [looksFor([{ frame: 1, box: small }])]).mAP === 1,
    );
    const large = judgePersonSearch([frame(0), frame(1, seen([20, 0, 60, 100], 1))], [looksFor([{ frame: 1, box: WHOLE }])]);
    expect(large.mAP).toBe(0);
  });

  it('leaves out the own camera where asked to, and drops who is nowhere else', () => {
    const strict = judgePersonSearch(frames, [query, looksFor([{ frame: 1, box: WHOLE }])], { ownCamera: 'left out' });
    expect(strict).toMatchObject({ mAP: 1, queries: 2, queriesDropped: 1, notes: ['1 of 2 queries: no searched frame shows the person.'] });
    expect([...strict.perQuery.averagePrecision]).toEqual([1, -1]);
    expect(() => judgePersonSearch(frames, [looksFor([])])).toThrow('cannot judge a single one of 1 queries');
  });

  it('searches the frames that a query lists', () => {
    expect(judgePersonSearch(frames, [{ ...query, gallery: [2] }]).mAP).toBe(1);
    expect(() => judgePersonSearch(frames, [{ ...query, gallery: [3] }])).toThrow('lists frame 3 to search; expected 0 to 2');
  });

  it('lets the people around the query raise a match', () => {
    // By itself the query resembles somebody else more; its companion is seen beside the true one.
    const feature = (own: number, companion: number): number[] => [own, companion];
    const scene: SearchedFrame[] = [
      frame(0),
      { camera: 1, detections: [{ box: WHOLE, score: 1, feature: feature(0.6, 0) }, { box: ASIDE, score: 1, feature: feature(0, 0.95) }] },
      { camera: 1, detections: [{ box: ASIDE, score: 1, feature: feature(0.7, 0) }] },
    ]; // prettier-ignore
    const withContext = looksFor([{ frame: 1, box: WHOLE }], { context: [feature(1, 0), feature(0, 1)] });
    expect(judgePersonSearch(scene, [withContext]).top['1']).toBe(0);
    const matched = judgePersonSearch(scene, [withContext], { context: { k1: 3, k2: 2 } });
    expect(matched.top['1']).toBe(1);
    expect(matched.protocol).toContain('CBGM 3/2');
  });
});

describe('bestMatching', () => {
  /** The best total over all ways to match the smaller side. */
  function bestTotal(weights: readonly (readonly number[])[], columns: readonly number[], row = 0): number {
    if (row === weights.length) return 0;
    return Math.max(...columns.map((column) => weights[row]![column]! + bestTotal(weights, columns.filter((other) => other !== column), row + 1))); // prettier-ignore
  }

  it('finds the largest total, whichever side is smaller', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }), fc.nat(), (rows, columns, seed) => {
        const numbers = Random.seed(seed).normal(rows * columns);
        const weight = (row: number, column: number): number => numbers[row * columns + column]!;
        const matched = bestMatching(weight, rows, columns);
        const used = [...matched].filter((column) => column >= 0);
        expect(new Set(used).size).toBe(Math.min(rows, columns));
        const total = [...matched].reduce((sum, column, row) => sum + (column < 0 ? 0 : weight(row, column)), 0);
        const [small, large] = rows <= columns ? [rows, columns] : [columns, rows];
        const table = Array.from({ length: small }, (_, a) =>
          Array.from({ length: large }, (_unused, b) => (rows <= columns ? weight(a, b) : weight(b, a))),
        );
        expect(total).toBeCloseTo(bestTotal(table, Array.from({ length: large }, (_, b) => b)), 9); // prettier-ignore
      }),
      { numRuns: 100 },
    );
  });
});

describe('scores of detections', () => {
  it('take equal scores together', () => {
    const items = [
      { score: 1, right: false },
      { score: 0.5, right: true },
      { score: 0.5, right: false },
    ];
    expect(steppedPrecision(items)).toBeCloseTo(1 / 3, 12);
    expect(steppedPrecision([...items].reverse())).toBeCloseTo(1 / 3, 12);
    expect(steppedPrecision([])).toBe(0);
  });

  it('count a person once, and what was missed', () => {
    const detections = [seen(WHOLE, 1, 0.9), seen([1, 0, 41, 100], 1, 0.8), seen(ASIDE, 1, 0.2)];
    expect(scoreDetections([{ truth: [WHOLE, ASIDE], detections }])).toEqual({ recall: 0.5, averagePrecision: 0.5 });
    expect(scoreDetections([{ truth: [WHOLE, ASIDE], detections }], { minScore: 0.1 })).toEqual({
      recall: 1,
      averagePrecision: (1 + 2 / 3) / 2,
    });
    expect(scoreDetections([{ truth: [], detections: [] }])).toEqual({ recall: 0, averagePrecision: 0 });
  });
});

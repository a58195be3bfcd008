import { hostTensor } from '../host-tensor.ts';
import type { PairScorer } from '../kinds/pair-scorer.ts';
import type { Descriptors } from '../kinds/scorer.ts';
import { Random } from '../random.ts';
import { demand, demandRefusal, largestDifference, type ConformanceCheck } from './conformance-check.ts';

/** What the pair scorer is tried on. */
export interface PairScorerConformanceOptions {
  /** Descriptors of `count` images; another `seed` gives others. Default: every name that it reads, `[count, 4]`. */
  readonly descriptors?: (count: number, seed: number) => Descriptors;
  /** Largest difference between ways to ask for the same score. Default: 1e-5. */
  readonly tolerance?: number;
}

/** What every pair scorer keeps to. */
export function pairScorerConformance(make: () => PairScorer, options: PairScorerConformanceOptions = {}): ConformanceCheck[] {
  const usual = (count: number, seed: number): Descriptors => {
    const tensors = make().reads.map((name) => [name, hostTensor(Random.seed(seed).fork(name).normal(count * 4), [count, 4])] as const); // prettier-ignore
    return { count, tensors: Object.fromEntries(tensors) };
  };
  const { descriptors = usual, tolerance = 1e-5 } = options;
  const query: Descriptors = { ...descriptors(1, 1), positions: [3] };
  const candidates: Descriptors = { ...descriptors(6, 2), positions: [9, 4, 7, 0, 1, 2] };
  const reversed = (from: Descriptors): Descriptors => {
    const tensors = Object.entries(from.tensors).map(([name, { shape, data, dtype }]) => {
      const size = data.length / from.count;
      const rows = Array.from({ length: from.count }, (_, at) => [
        ...data.subarray((from.count - 1 - at) * size, (from.count - at) * size),
      ]);
      return [name, hostTensor(rows.flat(), shape, dtype)] as const;
    });
    return { count: from.count, tensors: Object.fromEntries(tensors), positions: Array.from(from.positions!).reverse() };
  };
  return [
    {
      title: 'gives a finite score for every candidate, the same again',
      async check() {
        const scores = await make().score(query, candidates);
        demand(scores.length === candidates.count, `It gives ${scores.length} scores for ${candidates.count} candidates.`);
        demand(scores.every((score) => Number.isFinite(score)), 'It gives a score that is not finite.'); // prettier-ignore
        const again = await make().score(query, candidates);
        demand(largestDifference(again, scores) === 0, 'A second time it gives other scores.');
      },
    },
    {
      title: 'scores a candidate by itself: others and their order do not matter',
      async check() {
        const scores = await make().score(query, candidates);
        const backwards = (await make().score(query, reversed(candidates))).toReversed();
        demand(largestDifference(backwards, scores) <= tolerance, 'In another order the candidates have other scores.');
      },
    },
    {
      title: 'says which descriptor is missing',
      async check() {
        await demandRefusal('a query without descriptors', () => make().score({ count: 1, tensors: {} }, candidates), ['UNKNOWN_NAME']);
      },
    },
  ];
}

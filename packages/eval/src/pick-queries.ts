import { Random, type RetrievalResult } from '@reidkit/core-tensor/base';

/** Positions of queries for ranked lists, in three groups that must be shown under their names. */
export interface PickedQueries {
  /** Highest average precision first. */
  readonly best: readonly number[];
  /** Lowest average precision first. */
  readonly worst: readonly number[];
  /** Drawn from all judged queries, each equally likely. */
  readonly random: readonly number[];
}

/** Picks queries to look at: the best, the worst and a fair draw. Dropped queries are in none of them; ties by position. */
export function pickQueries(result: RetrievalResult, { count, seed }: { readonly count: number; readonly seed: number }): PickedQueries {
  const precision = result.perQuery.averagePrecision;
  const judged = Array.from(precision.keys()).filter((query) => precision[query]! >= 0);
  const take = (queries: readonly number[]): number[] => queries.slice(0, count);
  return {
    best: take(judged.toSorted((a, b) => precision[b]! - precision[a]! || a - b)),
    worst: take(judged.toSorted((a, b) => precision[a]! - precision[b]! || a - b)),
    random: take(Random.seed(seed).fork('ranked-lists').stream().shuffle(judged)),
  };
}

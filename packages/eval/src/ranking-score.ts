/** How well one query's matches are ranked. */
export interface RankingScore {
  /** Mean over the matches of the precision at their rank. */
  readonly averagePrecision: number;
  /** Matches divided by the rank (from 1) of the last one. */
  readonly inverseNegativePenalty: number;
  /** Rank of the first match, from 0. */
  readonly firstMatch: number;
}

/**
 * Scores the ranks (from 0, ascending) of a query's matches.
 * @see Ye et al., "Deep Learning for Person Re-identification: A Survey and Outlook" (TPAMI 2021), section 4.1, for the inverse negative penalty.
 */
export function scoreRanks(ranks: Int32Array): RankingScore {
  let precision = 0;
  for (let k = 0; k < ranks.length; k++) precision += (k + 1) / (ranks[k]! + 1);
  return {
    averagePrecision: precision / ranks.length,
    inverseNegativePenalty: ranks.length / (ranks[ranks.length - 1]! + 1),
    firstMatch: ranks[0]!,
  };
}

/** Mean of the entries that are not −1. */
export function meanOfJudged(values: ArrayLike<number>): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i]! < 0) continue;
    sum += values[i]!;
    count++;
  }
  return sum / count;
}

/** Cumulative matching from the ranks of first matches (−1 is left out): `cmc[k − 1]` is the share found in the first k, for k up to `length`. */
export function cumulativeMatching(firstMatches: Int32Array, length: number): number[] {
  const found = new Array<number>(length).fill(0);
  let judged = 0;
  for (const rank of firstMatches) {
    if (rank < 0) continue;
    judged++;
    if (rank < length) found[rank]!++;
  }
  let sum = 0;
  return found.map((count) => (sum += count) / judged);
}

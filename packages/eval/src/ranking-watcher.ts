import type { RetrievalFacts } from '@reidkit/core-tensor/base';
import type { DistanceRow } from './match-ranks.ts';
import type { Relevance } from './relevance.ts';

/** The distances of one query and what the gallery is to it. */
export interface SeenRanking {
  readonly query: number;
  /** Valid until the call ends. */
  readonly row: DistanceRow;
  readonly relevance: Relevance;
  /** Ranks of the matches, from 0, ascending; undefined for a query without any. */
  readonly ranks: Int32Array | undefined;
}

/** Sees every ranking of an evaluation, those of dropped queries too, and adds to its result. */
export interface RankingWatcher {
  /** Called for every query, in order. */
  see(ranking: SeenRanking): void;
  /** Figures of single queries, −1 where one does not count; their means become figures of the result under the same names. */
  perQuery?(): Readonly<Record<string, Float64Array>>;
  /** Figures that are no means over queries. */
  figures?(): Readonly<Record<string, number>>;
  /** A cumulative matching curve in place of the usual one. */
  cmc?(): number[];
  /** Sentences for the result. */
  notes?(): readonly string[];
}

/** Makes a watcher for one evaluation; `length` is that of the cumulative matching curve. */
export type MakeWatcher = (evaluation: {
  readonly query: RetrievalFacts;
  readonly gallery: RetrievalFacts;
  readonly length: number;
}) => RankingWatcher;

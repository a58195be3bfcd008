import type { RankingOptions } from './protocol.ts';
import type { Descriptors, Scorer } from './scorer.ts';

/** Queries, gallery and how they are compared. */
export interface RerankedRetrieval {
  readonly query: Descriptors;
  readonly gallery: Descriptors;
  /** Compares rows of `query` with the whole of `gallery`, and nothing else. */
  readonly scorer: Scorer;
}

/** Kind `rerank`: what is done to a whole retrieval before it is judged: neighbours of neighbours, expanded descriptors. */
export interface Reranker {
  /** What it does, for results: `k-reciprocal`. */
  readonly name: string;
  /** Every number that its result depends on, for results. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Names of outputs that it needs beside those of the scorer. */
  readonly reads?: readonly string[];
  /**
   * Makes the retrieval to judge. Throws INVALID_OPTIONS when the memory it may take does not suffice, INTERRUPTED when `signal` is aborted, and what
   * the scorer throws.
   */
  apply(retrieval: RerankedRetrieval, options?: RankingOptions): Promise<RerankedRetrieval>;
}

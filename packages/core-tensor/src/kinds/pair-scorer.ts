import type { Descriptors } from './scorer.ts';

/**
 * Kind `pair-scorer`: scores for what needs query and candidate at once (a matching head, a language model over frames). It is asked about the
 * first candidates of a scorer's ranking only.
 */
export interface PairScorer {
  /** What it computes, for reports: `itm`. */
  readonly name: string;
  /** Names of the outputs it needs, such as `['text.tokens', 'image.tokens']`. */
  readonly reads: readonly string[];
  /**
   * Scores of one query (`count` 1) with each of the candidates `[candidates]`; larger is more alike. `positions` of both say where they lie
   * among queries and gallery. Throws UNKNOWN_NAME for descriptors that are not there, SHAPE_MISMATCH.
   */
  score(query: Descriptors, candidates: Descriptors): Promise<Float32Array>;
}

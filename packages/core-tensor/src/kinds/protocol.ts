import type { Descriptors, Scorer } from './scorer.ts';

/** What is known about the images behind descriptors, one entry each. */
export interface RetrievalFacts {
  readonly identities: Int32Array;
  /** From 0, −1 for unknown. */
  readonly cameras: Int32Array;
  readonly clothes?: Int32Array;
}

/** One side of a retrieval: descriptors and facts. */
export interface RetrievalSide {
  readonly descriptors: Descriptors;
  readonly facts: RetrievalFacts;
}

/** The first gallery items of one query, for ranked lists. */
export interface RankedQuery {
  readonly query: number;
  /** Average precision in [0, 1]; −1 for a dropped query. */
  readonly averagePrecision: number;
  /** Gallery positions, nearest first, with the rule's removals left out. */
  readonly ranking: readonly { readonly gallery: number; readonly distance: number; readonly match: boolean }[];
}

/** What a protocol reports; fractions in [0, 1]. */
export interface RetrievalResult {
  readonly protocol: string;
  readonly mAP: number;
  readonly mINP: number;
  /** Cumulative matching: `cmc[k − 1]` is the share of queries with a match in the first k. */
  readonly cmc: readonly number[];
  readonly queries: number;
  /** Queries without any match left after the rule's removals: not counted in the averages. */
  readonly queriesDropped: number;
  readonly gallery: number;
  readonly perQuery: {
    readonly averagePrecision: Float64Array;
    readonly inverseNegativePenalty: Float64Array;
    readonly firstMatch: Int32Array;
  };
}

/** Kind `protocol`: the rule by which a ranking is judged. */
export interface Protocol {
  readonly name: string;
  /** The splits it compares. */
  readonly splits: { readonly query: string; readonly gallery: string };
  /** Throws PROTOCOL_IMPOSSIBLE when no query would be left, saying which rule removed what. */
  evaluate(query: RetrievalSide, gallery: RetrievalSide, scorer: Scorer): RetrievalResult;
  /** The nearest gallery items of some queries under the same rule. */
  rank(query: RetrievalSide, gallery: RetrievalSide, scorer: Scorer, queries: readonly number[], length: number): RankedQuery[];
}

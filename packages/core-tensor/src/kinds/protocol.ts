import type { MatrixProduct } from './matrix-product.ts';
import type { Box } from './record.ts';
import type { Descriptors, Scorer } from './scorer.ts';

/** Where the people of a gallery were found, where it is made of frames: one entry per item unless said otherwise. */
export interface GalleryScene {
  /** Camera of each frame `[F]`, −1 for unknown. */
  readonly cameras: Int32Array;
  /** Position of the frame that each item was found in `[n]`. */
  readonly frames: Int32Array;
  /** Where in its frame each was found `[n]`. */
  readonly boxes: readonly Box[];
  /** Confidence of the detector `[n]`; 1 for a true box. */
  readonly scores: Float32Array;
  /** People who are truly there, found or not; identity null for somebody unknown. */
  readonly truth: readonly { readonly frame: number; readonly identity: number | null; readonly box: Box }[];
}

/** Which frames queries were cut from and are searched in, one entry each. */
export interface QueryScene {
  /** Position of the frame among those of the gallery, −1 for none of them. */
  readonly frames: Int32Array;
  /** Positions of the frames to search; all of them where undefined. */
  readonly searched: readonly (readonly number[] | undefined)[];
}

/** What is known about the images behind descriptors, one entry each. */
export interface RetrievalFacts {
  readonly identities: Int32Array;
  /** From 0, −1 for unknown. */
  readonly cameras: Int32Array;
  readonly clothes?: Int32Array;
  /** On the gallery's side: positions of the galleries drawn for each trial, where a protocol judges several. */
  readonly galleries?: readonly Int32Array[];
  /** On the gallery's side, where it is made of frames. */
  readonly scene?: GalleryScene;
  /** On the queries' side, where the gallery is made of frames. */
  readonly queryScene?: QueryScene;
}

/** One side of a retrieval: descriptors and facts. */
export interface RetrievalSide {
  readonly descriptors: Descriptors;
  readonly facts: RetrievalFacts;
}

/** How a ranking is computed; nothing here changes what comes out. */
export interface RankingOptions {
  /** The matrix product of the distances; a portable one in JavaScript when left out. */
  readonly product?: MatrixProduct;
  /** Memory for a block of distances, in bytes. */
  readonly blockBytes?: number;
  /** Called after every block of queries. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops between two blocks with an INTERRUPTED error. */
  readonly signal?: AbortSignal;
}

/** A gallery item in the ranking of a query. */
export interface RankedItem {
  /** Position in the gallery. */
  readonly gallery: number;
  readonly distance: number;
  /** Whether it shows the query's identity. */
  readonly match: boolean;
}

/** The first gallery items of one query, for ranked lists. */
export interface RankedQuery {
  /** Position among the queries. */
  readonly query: number;
  /** Average precision in [0, 1]; −1 for a dropped query. */
  readonly averagePrecision: number;
  /** Nearest first, with the rule's removals left out. */
  readonly ranking: readonly RankedItem[];
}

/** Which queries to list and how many gallery items of each. */
export interface RankedListOptions extends RankingOptions {
  readonly queries: readonly number[];
  readonly length: number;
}

/** What a protocol reports; fractions in [0, 1]. */
export interface RetrievalResult {
  readonly protocol: string;
  readonly mAP: number;
  readonly mINP: number;
  /** Cumulative matching: `cmc[k − 1]` is the share of queries with a match in the first k. */
  readonly cmc: readonly number[];
  /** All queries that were given, dropped ones too. */
  readonly queries: number;
  /** Queries without any match left after the rule's removals: not counted in the averages. */
  readonly queriesDropped: number;
  readonly gallery: number;
  /** Different identities among the queries. */
  readonly identities: number;
  /** Sentences for people: which queries were dropped and why. */
  readonly notes: readonly string[];
  /** One entry per query in the order given; −1 for a dropped query. */
  readonly perQuery: {
    readonly averagePrecision: Float64Array;
    readonly inverseNegativePenalty: Float64Array;
    /** Rank of the first match, from 0. */
    readonly firstMatch: Int32Array;
    /** Figures beside the usual ones, by name; −1 for a query that does not count in one. */
    readonly further?: Readonly<Record<string, Float64Array>>;
  };
  /** Figures beside the usual ones, by name: `map@500-hits`. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** Kind `protocol`: the rule by which a ranking is judged. */
export interface Protocol {
  readonly name: string;
  /** The splits it compares. */
  readonly splits: { readonly query: string; readonly gallery: string };
  /** How many drawn galleries it judges, for protocols of several trials: whoever knows the files gives them as `facts.galleries`. */
  readonly trials?: number;
  /**
   * Judges the rankings of all queries. Throws PROTOCOL_IMPOSSIBLE when no query would be left, saying which rule removed what;
   * SHAPE_MISMATCH when facts and descriptors differ in number; INVALID_ARGUMENT for a distance that is not a number, naming the query.
   */
  evaluate(query: RetrievalSide, gallery: RetrievalSide, scorer: Scorer, options?: RankingOptions): Promise<RetrievalResult>;
  /** The nearest gallery items of some queries under the same rule. */
  rank(query: RetrievalSide, gallery: RetrievalSide, scorer: Scorer, options: RankedListOptions): Promise<RankedQuery[]>;
}

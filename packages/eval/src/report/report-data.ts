import type { Fingerprint } from '@reidkit/core-tensor/base';
import type { ReportMap, ReportRegions } from './picture-data.ts';

/** A picture of the report: a file to read, or its bytes as JPEG, PNG or WebP. It is shrunk before it goes into the page. */
export type ReportImage = { readonly file: string } | { readonly bytes: Uint8Array };

/** How well one way of matching did; fractions in [0, 1]. */
export interface ReportMethod {
  /** `Trained`, `Untrained`, `Colour histogram`. */
  readonly name: string;
  /** One sentence about what it is. */
  readonly explanation?: string;
  readonly mAP: number;
  readonly mINP?: number;
  /** Cumulative matching by rank, as `summarize` gives it. */
  readonly cmc: Readonly<Record<string, number>>;
  /** The whole curve from rank 1, for the chart; the ranks of `cmc` are drawn when it is left out. */
  readonly curve?: readonly number[];
}

/** What was judged and how. */
export interface ReportEvaluation {
  readonly protocol: string;
  readonly queries: number;
  readonly queriesDropped: number;
  readonly gallery: number;
  readonly testIdentities: number;
  /** Sentences such as why queries were dropped. */
  readonly notes?: readonly string[];
  /** The first is the one the report is about; the others are what it is compared with. */
  readonly methods: readonly ReportMethod[];
}

/** A number over the course of training. */
export interface ReportCurve {
  readonly name: string;
  readonly points: readonly { readonly at: number; readonly value: number }[];
}

/** What happened during training; an empty list is said to be so. */
export interface ReportTraining {
  /** What `at` counts for losses and learning rate: `step` or `epoch`. */
  readonly unit: 'step' | 'epoch';
  /** The total first, then its terms. */
  readonly losses: readonly ReportCurve[];
  readonly learningRate: readonly ReportCurve[];
  /** Evaluations in between; fractions in [0, 1]. */
  readonly evaluations: readonly { readonly epoch: number; readonly mAP: number; readonly rank1: number }[];
}

/** An image in a ranked list. */
export interface ReportPerson {
  readonly image: ReportImage;
  readonly identity: number | string;
  /** From 0, null for unknown. */
  readonly camera: number | null;
}

/** A query with the first images of its ranking. */
export interface ReportRankedQuery {
  readonly query: ReportPerson;
  /** In [0, 1]. */
  readonly averagePrecision: number;
  readonly ranking: readonly (ReportPerson & { readonly distance: number; readonly match: boolean })[];
}

/** Ranked lists in three groups, each shown with what its name means. */
export interface ReportRankedLists {
  readonly best: readonly ReportRankedQuery[];
  readonly worst: readonly ReportRankedQuery[];
  readonly random: readonly ReportRankedQuery[];
}

/** Which data the numbers were made on. */
export interface ReportDataset {
  readonly fingerprint: Fingerprint;
  /** Things that are odd but no error. */
  readonly notes?: readonly string[];
  /** Files left out, by rule. */
  readonly excluded?: Readonly<Record<string, number>>;
}

/** What the numbers were made with. */
export interface ReportEnvironment {
  /** Versions by package or program. */
  readonly versions: Readonly<Record<string, string>>;
  readonly backend: string;
  readonly seed: number;
  /** Seconds by phase. */
  readonly seconds: Readonly<Record<string, number>>;
  /** Anything else: threads, processor, commit. */
  readonly facts?: Readonly<Record<string, string | number>>;
}

/** Everything a report shows: plain values, filled in by whoever ran the training. */
export interface ReportData {
  readonly title: string;
  /** When it was made, in words; left out where pages must come out equal. */
  readonly date?: string;
  readonly evaluation: ReportEvaluation;
  readonly training?: ReportTraining;
  readonly rankedLists?: ReportRankedLists;
  /** Regions that the model sees, where it has any. */
  readonly regions?: ReportRegions;
  /** Descriptors to be laid out in the plane. */
  readonly maps?: readonly ReportMap[];
  readonly dataset: ReportDataset;
  /** The resolved recipe: JSON. */
  readonly recipe?: unknown;
  readonly environment: ReportEnvironment;
}

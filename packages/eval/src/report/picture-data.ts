import type { ReportPerson } from './report-data.ts';

/** One region of one image, as a model sees it. */
export interface ReportRegion {
  /** How much each place belongs to it, row by row on the model's grid: `[rows · columns]` in [0, 1]. */
  readonly mask: ArrayLike<number>;
  /** How discriminative it looks, where the model says so. */
  readonly alpha?: number;
  /** How near it is to what this region usually is, where the model says so. */
  readonly beta?: number;
  /** What it counts in matching, where the model says so. */
  readonly weight?: number;
}

/** An image with its regions. */
export interface ReportRegionCard {
  readonly person: ReportPerson;
  /** Of this query, in [0, 1]. */
  readonly averagePrecision: number;
  /** Height and width in pixels of the image as the model took it. */
  readonly imageSize: readonly [height: number, width: number];
  /** From pixels of the image as the model took it to those of the original: `[a, b, c, d, e, f]`, x = a u + b v + c, y = d u + e v + f. */
  readonly toOriginal: ArrayLike<number>;
  /** One for every part, in their order. */
  readonly regions: readonly ReportRegion[];
}

/** Where a model sees which part of a person, for some queries. */
export interface ReportRegions {
  readonly names: readonly string[];
  readonly grid: readonly [rows: number, columns: number];
  readonly random: readonly ReportRegionCard[];
  readonly worst: readonly ReportRegionCard[];
  readonly best: readonly ReportRegionCard[];
}

/** Descriptors to be laid out in the plane, in groups. */
export interface ReportMap {
  readonly heading: string;
  /** Sentences about what the points are and how they were picked. */
  readonly explanation: string;
  /** Descriptors of one length. */
  readonly rows: readonly ArrayLike<number>[];
  /** Group of every row: a position in `names`. */
  readonly groups: readonly number[];
  /** Names of the groups, at most 10. */
  readonly names: readonly string[];
  readonly seed: number;
}

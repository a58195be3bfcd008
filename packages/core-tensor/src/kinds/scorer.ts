import type { HostTensors } from '../host-tensor.ts';
import type { MatrixProduct } from './matrix-product.ts';

/** Descriptors of many images by name, each `[n, …]`: what a model's evaluation outputs are gathered into. */
export interface Descriptors {
  readonly count: number;
  readonly tensors: HostTensors;
  /** Where these rows lie in the set that they were taken from; given when they are a part of one. */
  readonly positions?: ArrayLike<number>;
}

/** A gallery with everything done that does not depend on the query. */
export interface PreparedGallery {
  /** Number of gallery items. */
  readonly count: number;
  /**
   * Distances of a few queries to all gallery items `[q, count]`, row-major, smaller is nearer. The array is the caller's; `out`, when given,
   * has room for q · count numbers and may be the one returned. Throws SHAPE_MISMATCH when the queries do not fit the gallery.
   */
  distances(queries: Descriptors, out?: Float32Array): Promise<Float32Array>;
}

/** Kind `scorer`: distances between descriptors of queries and gallery. Ranking asks for blocks and never holds the full matrix. */
export interface Scorer {
  /** What it computes, for reports: `cosine`. */
  readonly name: string;
  /** Names of the outputs it needs, for example `['global']`. */
  readonly reads: readonly string[];
  /** Whether descriptors are divided by their norm, for results. Default: no. */
  readonly normalizes?: boolean;
  /**
   * Does once what every query needs (norms, means). `product` is the matrix product to use, a portable one when left out. Throws
   * UNKNOWN_NAME for descriptors that are not there, SHAPE_MISMATCH, INVALID_ARGUMENT for numbers that are not finite.
   */
  prepare(gallery: Descriptors, product?: MatrixProduct): PreparedGallery;
}

import type { HostTensors } from '../host-tensor.ts';

/** Descriptors of many images by name, each `[n, …]`: what a model's evaluation outputs are gathered into. */
export interface Descriptors {
  readonly count: number;
  readonly tensors: HostTensors;
}

/** Kind `scorer`: distances between descriptors of queries and gallery. Ranking asks for blocks and never holds the full matrix. */
export interface Scorer {
  /** Names of the outputs it needs, for example `['global']`. */
  readonly reads: readonly string[];
  /**
   * Distances of a block of queries to a block of gallery items `[q, g]`, row-major, smaller is nearer. `out`, when given, has room for
   * q · g numbers and is returned.
   */
  distances(queries: Descriptors, gallery: Descriptors, out?: Float32Array): Float32Array;
  /** The part of the descriptors from `begin` up to `end`, made once what every block needs (norms, products). */
  prepare(descriptors: Descriptors): Descriptors;
}

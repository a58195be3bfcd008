import type { MakeProgram } from '../step.ts';
import type { GraphEngine } from './graph-engine.ts';
import type { MatrixProduct } from './matrix-product.ts';

/** What an engine says about itself, for `doctor` and reports. */
export interface BackendInfo {
  readonly name: string;
  /** Version of the engine behind it. */
  readonly version: string;
  readonly device: string;
  readonly threads?: number;
  /** Kernels that ran without a fast form since the start, with the number of calls. */
  readonly slowKernels: Readonly<Record<string, number>>;
}

/** Kind `backend`: an engine that computes. Whoever starts the program hands one to the core with `useBackend`. */
export interface Backend {
  readonly name: string;
  /** Makes it the engine of all tensor operations. Throws BACKEND_UNAVAILABLE, saying what to install. */
  start(): Promise<void>;
  /** What it is and what it has counted so far. */
  info(): BackendInfo;
  /** The fastest way this engine has to run a step. */
  readonly makeProgram: MakeProgram;
  /** How it runs recorded steps, if it does. */
  readonly graphs?: GraphEngine;
  /** A product of plain arrays without tensors, for ranking. */
  readonly matrixProduct: MatrixProduct;
}

import type { HostTensor } from '../host-tensor.ts';

/**
 * A product of two matrices by rows, `a · bᵀ`: what distances between descriptors spend their time on. Backends offer fast ones; ranking
 * works with any.
 */
export interface MatrixProduct {
  /** What computes it, for reports: `onnx, 2 threads`. */
  readonly name: string;
  /**
   * `[m, d]`, `[n, d]` → the m · n numbers of `a · bᵀ`, row-major. The result is the caller's, to change in place. `out`, when given, has
   * room for m · n numbers, which an implementation may fill and return instead of an array of its own. Equal rows of
   * `b` must give equal products, so that ties stay ties.
   */
  multiply(a: HostTensor<'float32'>, b: HostTensor<'float32'>, out?: Float32Array): Float32Array | Promise<Float32Array>;
}

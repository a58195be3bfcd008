import type { MatrixProduct } from '@reidkit/core-tensor/base';
import { matchWidths, type Matrix } from './descriptor-matrix.ts';
import { javascriptProduct } from './javascript-product.ts';
import { checkFinite, inverseNorms, scaleRows, squaredNorms } from './row-norms.ts';

/** Distances of some rows `[m, D]` to the rows it was made for: `[m, n]`, row-major. */
export type DistancesTo = (queries: Matrix, out?: Float32Array) => Promise<Float32Array>;

/** How cosines are taken. */
export interface CosineOptions {
  /** Rows are divided by `max(norm, epsilon)`: with the default 1e-12 a row of zeros is at distance 1 from everything, with 0 at NaN. */
  readonly epsilon?: number;
  /** The distance is `(1 − cosine) · scale`: 1 for [0, 2], 0.5 for [0, 1]. */
  readonly scale?: number;
  readonly product?: MatrixProduct;
}

/** Products with the gallery become distances, in place. */
function finishRow(block: Float32Array, begin: number, factors: Float64Array, scale: number): void {
  for (let j = 0; j < factors.length; j++) block[begin + j] = scale - block[begin + j]! * factors[j]!;
}

/**
 * Cosine distances `(1 − cos) · scale` to a gallery `[n, D]`, which is not copied: its norms divide the product afterwards. Throws
 * INVALID_ARGUMENT for numbers that are not finite.
 */
export function cosineTo(gallery: Matrix, { epsilon = 1e-12, scale = 1, product = javascriptProduct }: CosineOptions = {}): DistancesTo {
  const squared = squaredNorms(gallery);
  checkFinite('cosine distance', squared);
  const factors = inverseNorms(squared, epsilon).map((value) => value * scale);
  return async (queries, out) => {
    matchWidths('cosine distance', queries, gallery);
    const unit = scaleRows(queries, inverseNorms(squaredNorms(queries), epsilon));
    const block = await product.multiply(unit, gallery, out);
    for (let row = 0; row < unit.shape[0]!; row++) finishRow(block, row * factors.length, factors, scale);
    return block;
  };
}

/** Cosine distances between rows, `[m, D], [n, D] → [m, n]`. */
export function cosineDistance(x: Matrix, y: Matrix, options?: CosineOptions): Promise<Float32Array> {
  return cosineTo(y, options)(x);
}

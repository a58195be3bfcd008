import type { MatrixProduct } from '@reidkit/core-tensor/base';
import type { DistancesTo } from './cosine-distance.ts';
import { matchWidths, type Matrix } from './descriptor-matrix.ts';
import { javascriptProduct } from './javascript-product.ts';
import { checkFinite, inverseNorms, scaleRows, squaredNorms } from './row-norms.ts';

/** How Euclidean distances are taken. */
export interface EuclidOptions {
  /** Squared distances instead of their root. The root is of `max(d², 1e-12)`, so equal rows are 1e-6 apart. */
  readonly squared?: boolean;
  /** Divide every row by its norm first. */
  readonly normalize?: boolean;
  readonly product?: MatrixProduct;
}

const EPSILON = 1e-12;
/** Where d² is below this share of |x|² + |y|², the float32 product has lost too many digits and the difference is summed in float64. */
const CANCELLATION = 1e-3;
/** Where the rows vary by less than this share of their squared norm around their mean, the mean is taken off first. */
const CLUSTERED = 0.01;

/** The mean of the rows when nearly all of their length is common to all, else undefined. */
function commonMean(gallery: Matrix, factors: Float64Array, squared: Float64Array): Float64Array | undefined {
  const [rows = 0, columns = 0] = gallery.shape;
  const mean = new Float64Array(columns);
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const factor = factors[row]! / rows;
    for (let column = 0; column < columns; column++) mean[column]! += gallery.data[row * columns + column]! * factor;
    total += (squared[row]! * factors[row]! ** 2) / rows;
  }
  const length = mean.reduce((sum, value) => sum + value * value, 0);
  return total - length < CLUSTERED * total ? mean : undefined;
}

/** `|x · fx − y · fy|²` of two rows, in float64. */
function exactSquare(x: Float32Array, y: Float32Array, at: { i: number; j: number; columns: number; fx: number; fy: number }): number {
  let sum = 0;
  for (let k = 0, p = at.i * at.columns, q = at.j * at.columns; k < at.columns; k++, p++, q++) {
    const difference = x[p]! * at.fx - y[q]! * at.fy;
    sum += difference * difference;
  }
  return sum;
}

interface EuclidGallery {
  /** As given. */
  readonly raw: Matrix;
  readonly factors: Float64Array;
  /** What the product is taken with: `raw`, or a copy without the common mean. */
  readonly operand: Matrix;
  /** Factors still to be applied to the product's columns. */
  readonly columnFactors: Float64Array;
  readonly squared: Float64Array;
  readonly mean: Float64Array | undefined;
}

function prepareGallery(gallery: Matrix, normalize: boolean): EuclidGallery {
  const rawSquared = squaredNorms(gallery);
  checkFinite('Euclidean distance', rawSquared);
  const ones = rawSquared.map(() => 1);
  const factors = normalize ? inverseNorms(rawSquared, EPSILON) : ones;
  const mean = commonMean(gallery, factors, rawSquared);
  if (!mean) {
    const squared = rawSquared.map((value, row) => value * factors[row]! ** 2);
    return { raw: gallery, factors, operand: gallery, columnFactors: factors, squared, mean };
  }
  const operand = scaleRows(gallery, factors, mean);
  return { raw: gallery, factors, operand, columnFactors: ones, squared: squaredNorms(operand), mean };
}

/**
 * Euclidean distances to a gallery `[n, D]`. They come from a matrix product, `|x|² + |y|² − 2xy`; where that cancels (near duplicates far
 * from the origin) they are summed from differences in float64, so that neighbours keep their order. Throws INVALID_ARGUMENT for numbers
 * that are not finite.
 */
export function euclidTo(
  gallery: Matrix,
  { squared: wantsSquare = false, normalize = false, product = javascriptProduct }: EuclidOptions = {},
): DistancesTo {
  const prepared = prepareGallery(gallery, normalize);
  const { squared, columnFactors, factors, mean } = prepared;
  const columns = squared.length;
  const width = gallery.shape[1]!;
  return async (queries, out) => {
    matchWidths('Euclidean distance', queries, gallery);
    const rawSquared = squaredNorms(queries);
    const queryFactors = normalize ? inverseNorms(rawSquared, EPSILON) : rawSquared.map(() => 1);
    const operand = normalize || mean ? scaleRows(queries, queryFactors, mean) : queries;
    const querySquared = normalize || mean ? squaredNorms(operand) : rawSquared;
    const block = await product.multiply(operand, prepared.operand, out);
    for (let i = 0, position = 0; i < querySquared.length; i++) {
      const xx = querySquared[i]!;
      for (let j = 0; j < columns; j++, position++) {
        const both = xx + squared[j]!;
        let square = both - 2 * block[position]! * columnFactors[j]!;
        if (square < CANCELLATION * both) {
          square = exactSquare(queries.data, gallery.data, { i, j, columns: width, fx: queryFactors[i]!, fy: factors[j]! });
        }
        block[position] = wantsSquare ? square : Math.sqrt(square < EPSILON ? EPSILON : square);
      }
    }
    return block;
  };
}

/** Euclidean distances between rows, `[m, D], [n, D] → [m, n]`. */
export function euclidDistance(x: Matrix, y: Matrix, options?: EuclidOptions): Promise<Float32Array> {
  return euclidTo(y, options)(x);
}

import { ReidError } from '@reidkit/core-tensor/base';
import type { Matrix } from './descriptor-matrix.ts';

/** Squared Euclidean norm of every row, `[n, D] → [n]`, in float64. */
export function squaredNorms(matrix: Matrix): Float64Array {
  const [rows = 0, columns = 0] = matrix.shape;
  const { data } = matrix;
  const norms = new Float64Array(rows);
  for (let row = 0, position = 0; row < rows; row++) {
    let sum = 0;
    for (const end = position + columns; position < end; position++) sum += data[position]! * data[position]!;
    norms[row] = sum;
  }
  return norms;
}

/** `1 / max(norm, epsilon)` of every row from its squared norm. With epsilon 1e-12 a row of zeros stays zeros, with 0 it becomes NaN. */
export function inverseNorms(squared: Float64Array, epsilon: number): Float64Array {
  return squared.map((value) => {
    const norm = Math.sqrt(value);
    return 1 / (norm < epsilon ? epsilon : norm);
  });
}

/** Throws INVALID_ARGUMENT naming the first gallery item whose descriptor is not finite. */
export function checkFinite(where: string, squared: Float64Array): void {
  const position = squared.findIndex((value) => !Number.isFinite(value));
  if (position < 0) return;
  throw new ReidError('INVALID_ARGUMENT', `${where}: the descriptor of gallery item ${position} holds NaN or infinite numbers.`, {
    hint: 'look for a diverged training run or a broken image at this position of the gallery.',
  });
}

/** The rows times a factor each, less a vector: `x[i] · factor[i] − shift`, a copy rounded once. */
export function scaleRows(matrix: Matrix, factors: Float64Array, shift?: Float64Array): Matrix {
  const [rows = 0, columns = 0] = matrix.shape;
  const data = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const factor = factors[row]!;
    const begin = row * columns;
    for (let column = 0; column < columns; column++) {
      data[begin + column] = matrix.data[begin + column]! * factor - (shift ? shift[column]! : 0);
    }
  }
  return { dtype: 'float32', shape: matrix.shape, data };
}

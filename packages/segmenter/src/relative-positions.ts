import { add, gather, hostTensor, matMul, reshape, toTensor, transpose, type Tensor } from '@reidkit/core-tensor';
import { resizeRows } from './resize-maps.ts';

/** Row of the table for each pair of query and key of an axis: the farthest key on the left is the last row. */
function distances(size: number): Int32Array {
  return Int32Array.from({ length: size * size }, (_, i) => Math.floor(i / size) - (i % size) + size - 1);
}

/** Vectors of every pair of query and key of an axis: `[2 · size − 1, d]`, or a table of another size, resized → `[size, size, d]`. */
function pairVectors(table: Tensor, size: number): Tensor {
  const rows = resizeRows(table, 2 * size - 1);
  return reshape(gather(rows, toTensor(hostTensor(distances(size), [size * size], 'int32'))), [size, size, table.shape[1]!]);
}

/** Grid of the tokens and the tables of both axes. */
export interface RelativePositions {
  /** Height and width of the grid that the tokens lie on. */
  readonly grid: readonly [height: number, width: number];
  /** `[rows, d]`, with 2 · height − 1 rows where it was trained for this grid. */
  readonly vertical: Tensor;
  /** `[rows, d]`, likewise for the width. */
  readonly horizontal: Tensor;
}

/**
 * What attention scores get from where query and key lie: the product of each unscaled query with the vectors of both distances,
 * `q [B, heads, H · W, d] → [B, heads, H · W, H · W]`.
 * @see Li et al., "MViTv2" (2022), Eq. 4, as SAM takes it.
 */
export function relativeBias(q: Tensor, { grid: [height, width], vertical, horizontal }: RelativePositions): Tensor {
  const [batch, heads, tokens, d] = q.shape as [number, number, number, number];
  const count = batch * heads;
  const queries = reshape(q, [count, height, width, d]);
  const byRow = reshape(transpose(queries, [1, 0, 2, 3]), [height, count * width, d]);
  const down = reshape(matMul(byRow, pairVectors(vertical, height), false, true), [height, count, width, height]);
  const byColumn = reshape(transpose(queries, [2, 0, 1, 3]), [width, count * height, d]);
  const across = reshape(matMul(byColumn, pairVectors(horizontal, width), false, true), [width, count, height, width]);
  const both = add(
    reshape(transpose(down, [1, 0, 2, 3]), [count, tokens, height, 1]),
    reshape(transpose(across, [1, 2, 0, 3]), [count, tokens, 1, width]),
  );
  return reshape(both, [batch, heads, tokens, tokens]);
}

import { add, gather, hostTensor, matMul, reshape, slice, toTensor, transpose, type Tensor } from '@reidkit/core-tensor';
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

/** Tables of both axes, and the grid of the tokens. */
export interface RelativeTables {
  /** Height and width of the grid that the tokens lie on. */
  readonly grid: readonly [height: number, width: number];
  /** `[rows, d]`, with 2 · height − 1 rows where it was trained for this grid. */
  readonly vertical: Tensor;
  /** `[rows, d]`, likewise for the width. */
  readonly horizontal: Tensor;
}

/** Vectors of every pair of query and key. */
export interface RelativeVectors {
  /** Of rows `[height, height, d]`. */
  readonly down: Tensor;
  /** Of columns `[width, width, d]`. */
  readonly across: Tensor;
}

/** Vectors of every pair of places of both axes. */
export function relativeVectors({ grid: [height, width], vertical, horizontal }: RelativeTables): RelativeVectors {
  return { down: pairVectors(vertical, height), across: pairVectors(horizontal, width) };
}

/**
 * What attention scores get from where query and key lie: the product of each unscaled query with the vectors of both distances. Queries are of
 * `rows` rows of the grid from row `from`: `q [B, heads, rows · W, d] → [B, heads, rows · W, H · W]`.
 * @see Li et al., "MViTv2" (2022), Eq. 4, as SAM takes it.
 */
export function relativeBias(q: Tensor, { down, across }: RelativeVectors, [from, rows]: readonly [from: number, rows: number]): Tensor {
  const [batch, heads, tokens, d] = q.shape as [number, number, number, number];
  const [height, width] = [down.shape[0]!, across.shape[0]!];
  const count = batch * heads;
  const queries = reshape(q, [count, rows, width, d]);
  const own = rows === height ? down : slice(down, [from, 0, 0], [rows, height, d]);
  const byRow = reshape(transpose(queries, [1, 0, 2, 3]), [rows, count * width, d]);
  const fromRows = reshape(matMul(byRow, own, false, true), [rows, count, width, height]);
  const byColumn = reshape(transpose(queries, [2, 0, 1, 3]), [width, count * rows, d]);
  const fromColumns = reshape(matMul(byColumn, across, false, true), [width, count, rows, width]);
  const both = add(
    reshape(transpose(fromRows, [1, 0, 2, 3]), [count, tokens, height, 1]),
    reshape(transpose(fromColumns, [1, 2, 0, 3]), [count, tokens, 1, width]),
  );
  return reshape(both, [batch, heads, tokens, height * width]);
}

/** Rows of which most numbers are zero: columns and values one row after another. */
export interface SparseRows {
  readonly count: number;
  /** Row r is at `starts[r]` up to `starts[r + 1]`. */
  readonly starts: Float64Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

/** Puts sparse rows together, one after another. */
export class SparseRowsBuilder {
  readonly #starts: Float64Array;
  #columns = new Int32Array(1 << 16);
  #values = new Float32Array(1 << 16);
  #rows = 0;
  #filled = 0;

  constructor(rows: number) {
    this.#starts = new Float64Array(rows + 1);
  }

  /** Bytes that it holds. */
  get bytes(): number {
    return 8 * this.#columns.length + 8 * this.#starts.length;
  }

  add(columns: ArrayLike<number>, values: ArrayLike<number>): void {
    const needed = this.#filled + columns.length;
    if (needed > this.#columns.length) {
      const room = Math.max(needed, Math.ceil(1.5 * this.#columns.length));
      const [oldColumns, oldValues] = [this.#columns, this.#values];
      this.#columns = new Int32Array(room);
      this.#columns.set(oldColumns);
      this.#values = new Float32Array(room);
      this.#values.set(oldValues);
    }
    this.#columns.set(columns, this.#filled);
    this.#values.set(values, this.#filled);
    this.#filled = needed;
    this.#starts[++this.#rows] = needed;
  }

  finish(): SparseRows {
    return {
      count: this.#rows,
      starts: this.#starts,
      columns: this.#columns.subarray(0, this.#filled),
      values: this.#values.subarray(0, this.#filled),
    };
  }
}

/** The transpose of the rows from `first` on, `columns` rows of it; its columns count from 0 at `first`. */
export function transposeRows({ count, starts, columns: given, values }: SparseRows, first: number, columns: number): SparseRows {
  const [begin, end] = [starts[first]!, starts[count]!];
  const result = {
    count: columns,
    starts: new Float64Array(columns + 1),
    columns: new Int32Array(end - begin),
    values: new Float32Array(end - begin),
  };
  for (let at = begin; at < end; at++) result.starts[given[at]! + 1]!++;
  for (let column = 0; column < columns; column++) result.starts[column + 1]! += result.starts[column]!;
  const next = result.starts.slice();
  for (let row = first; row < count; row++) {
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      const place = next[given[at]!]!++;
      result.columns[place] = row - first;
      result.values[place] = values[at]!;
    }
  }
  return result;
}

/** Finds the cheapest complete matching of rows to at least as many columns; gives each row's column. */
function cheapest(cost: (row: number, column: number) => number, rows: number, columns: number): Int32Array {
  // Potentials and augmenting paths; row and column 0 stand for "none yet".
  const rowPotential = new Float64Array(rows + 1);
  const columnPotential = new Float64Array(columns + 1);
  const rowOf = new Int32Array(columns + 1);
  const way = new Int32Array(columns + 1);
  for (let row = 1; row <= rows; row++) {
    rowOf[0] = row;
    const least = new Float64Array(columns + 1).fill(Infinity);
    const used = new Uint8Array(columns + 1);
    let column = 0;
    do {
      used[column] = 1;
      const from = rowOf[column]!;
      let delta = Infinity;
      let next = 0;
      for (let j = 1; j <= columns; j++) {
        if (used[j]) continue;
        const reduced = cost(from - 1, j - 1) - rowPotential[from]! - columnPotential[j]!;
        if (reduced < least[j]!) {
          least[j] = reduced;
          way[j] = column;
        }
        if (least[j]! < delta) {
          delta = least[j]!;
          next = j;
        }
      }
      for (let j = 0; j <= columns; j++) {
        if (used[j]) {
          rowPotential[rowOf[j]!]! += delta;
          columnPotential[j]! -= delta;
        } else least[j]! -= delta;
      }
      column = next;
    } while (rowOf[column] !== 0);
    for (; column !== 0; column = way[column]!) rowOf[column] = rowOf[way[column]!]!;
  }
  const columnOf = new Int32Array(rows).fill(-1);
  for (let j = 1; j <= columns; j++) if (rowOf[j]! > 0) columnOf[rowOf[j]! - 1] = j - 1;
  return columnOf;
}

/**
 * The matching of rows and columns with the largest total weight that matches all of the smaller side: each row's column, −1 for a row left
 * over. Hungarian method, O(rows² · columns).
 * @see Kuhn, "The Hungarian Method for the Assignment Problem" (Naval Research Logistics Quarterly 1955).
 */
export function bestMatching(weight: (row: number, column: number) => number, rows: number, columns: number): Int32Array {
  if (rows <= columns) return cheapest((row, column) => -weight(row, column), rows, columns);
  const rowOf = cheapest((column, row) => -weight(row, column), columns, rows);
  const columnOf = new Int32Array(rows).fill(-1);
  rowOf.forEach((row, column) => (columnOf[row] = column));
  return columnOf;
}

import { type Folding, foldingRegion, type HloProgram } from '../stablehlo/program.ts';
import { range } from '../stablehlo/shapes.ts';
import { type HloType, type HloValue, listText, typeText } from '../stablehlo/values.ts';

/** Slices of an axis by number: `x` with the axes of `indices` in the place of the axis. A number outside takes the nearest inside. */
export function takeAlong(p: HloProgram, x: HloValue, indices: HloValue, axis: number): HloValue {
  const rank = indices.shape.length;
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  const offsets = [...range(axis), ...range(x.shape.length - axis - 1).map((i) => axis + rank + i)];
  const dimensions = `offset_dims = [${offsets}], collapsed_slice_dims = [${axis}], start_index_map = [${axis}], index_vector_dim = ${rank}`;
  const sizes = x.shape.map((length, i) => (i === axis ? 1 : length));
  return p.one('gather', [x, indices], shape, { dimension_numbers: `#stablehlo.gather<${dimensions}>`, slice_sizes: listText(sizes), indices_are_sorted: 'false' }); // prettier-ignore
}

/** What lies at places `[…, depth]` of a table's first axes. */
export function takeAt(p: HloProgram, table: HloValue, places: HloValue): HloValue {
  const depth = places.shape.at(-1)!;
  const rank = places.shape.length - 1;
  const shape = [...places.shape.slice(0, -1), ...table.shape.slice(depth)];
  const offsets = range(table.shape.length - depth).map((i) => rank + i);
  const leading = range(depth);
  const dimensions = `offset_dims = [${offsets}], collapsed_slice_dims = [${leading}], start_index_map = [${leading}], index_vector_dim = ${rank}`;
  const sizes = table.shape.map((length, i) => (i < depth ? 1 : length));
  return p.one('gather', [table, places], shape, { dimension_numbers: `#stablehlo.gather<${dimensions}>`, slice_sizes: listText(sizes), indices_are_sorted: 'false' }); // prettier-ignore
}

/** Takes the new number and forgets the old one. */
function replacingRegion(type: HloType): string {
  const scalar = typeText({ shape: [], type });
  return `{\n    ^bb0(%a: ${scalar}, %b: ${scalar}):\n      "stablehlo.return"(%b) : (${scalar}) -> ()\n    }`;
}

/** Writes updates `[count, …]` at places `[count, depth]` of a table's first axes, or folds them in. Places outside are left out. */
export function putAt(p: HloProgram, table: HloValue, places: HloValue, updates: HloValue, how: Folding | 'replace'): HloValue {
  const depth = places.shape[1]!;
  const windows = range(table.shape.length - depth).map((i) => i + 1);
  const leading = range(depth);
  const dimensions = `update_window_dims = [${windows}], inserted_window_dims = [${leading}], scatter_dims_to_operand_dims = [${leading}], index_vector_dim = 1`;
  const region = how === 'replace' ? replacingRegion(table.type) : foldingRegion(how, table.type);
  const attributes = { scatter_dimension_numbers: `#stablehlo.scatter<${dimensions}>`, indices_are_sorted: 'false', unique_indices: 'false' }; // prettier-ignore
  return p.one('scatter', [table, places, updates], table.shape, attributes, table.type, [region]);
}

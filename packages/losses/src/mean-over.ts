import { cast, div, maximum, mul, sum, type Tensor } from '@reidkit/core-tensor';

/** Mean of the values whose row counts, 0 when none does: `values [B]`, `rows [B]` truth values → `[]`. */
export function meanOver(values: Tensor, rows: Tensor): Tensor {
  const counts = cast(rows, 'float32');
  return div(sum(mul(values, counts)), maximum(sum(counts), 1));
}

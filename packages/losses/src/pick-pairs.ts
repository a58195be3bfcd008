import { argMax, argMin, fill, mul, oneHot, stopGradient, sum, where, type Tensor } from '@reidkit/core-tensor';

/** One column of every row of a matrix of pairs. */
export interface PickedPairs {
  /** Its number `[B]` int32; on equal values the first. */
  readonly index: Tensor;
  /** Its value `[B]`; the only entry of the row that gets a gradient. */
  readonly value: Tensor;
}

/** Beyond every distance of embeddings in float32 that is worth training on. */
const FAR = 1e30;

function pick(values: Tensor, mask: Tensor, which: 'largest' | 'smallest'): PickedPairs {
  const fixed = stopGradient(values);
  const masked = where(mask, fixed, fill(fixed.shape, which === 'largest' ? -FAR : FAR));
  const index = (which === 'largest' ? argMax : argMin)(masked, 1);
  const columns = values.shape[1]!;
  return { index, value: sum(mul(values, oneHot(index, columns)), 1) };
}

/** The largest value of each row where the mask allows: `values [B, B]`, `mask [B, B]`. A row without any gets its first entry. */
export function pickLargest(values: Tensor, mask: Tensor): PickedPairs {
  return pick(values, mask, 'largest');
}

/** The smallest value of each row where the mask allows: `values [B, B]`, `mask [B, B]`. A row without any gets its first entry. */
export function pickSmallest(values: Tensor, mask: Tensor): PickedPairs {
  return pick(values, mask, 'smallest');
}

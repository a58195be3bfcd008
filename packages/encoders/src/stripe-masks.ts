import { hostTensor, ReidError, type HostTensor } from '@reidkit/core-tensor';

/**
 * Masks of equal horizontal stripes, from the top: grid `[h, w]` → `[1, P, h · w]` of 0 and 1. Where the rows cannot be shared out evenly, a row
 * belongs to the stripe that its middle lies in. Throws INVALID_ARGUMENT for more stripes than rows.
 */
export function stripeMasks(count: number, [high, wide]: readonly [number, number]): HostTensor {
  if (!(Number.isInteger(count) && count >= 1 && count <= high)) {
    throw new ReidError('INVALID_ARGUMENT', `stripeMasks expected 1 to ${high} stripes for ${high} rows, got ${count}.`);
  }
  const masks = new Float32Array(count * high * wide);
  for (let row = 0; row < high; row++) {
    const stripe = Math.floor(((row + 0.5) * count) / high);
    masks.fill(1, (stripe * high + row) * wide, (stripe * high + row + 1) * wide);
  }
  return hostTensor(masks, [1, count, high * wide]);
}

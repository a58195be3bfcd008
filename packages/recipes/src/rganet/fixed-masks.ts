import { hostTensor, type HostTensor } from '@reidkit/core-tensor';
import { stripeMasks } from '@reidkit/encoders';

/** Regions that may be anywhere on a body. */
const ANYWHERE: readonly string[] = ['bag', 'bags'];

/**
 * Masks that do not depend on an image: equal stripes from the top for regions of the body, everything for bags, which have no stripe. Grid
 * `[h, w]` → `[1, P, h · w]`. Throws INVALID_ARGUMENT for more stripes than rows.
 */
export function fixedMasks(names: readonly string[], grid: readonly [number, number]): HostTensor {
  const cells = grid[0] * grid[1];
  const onBody = names.filter((name) => !ANYWHERE.includes(name));
  const stripes = onBody.length > 0 ? stripeMasks(onBody.length, grid).data : new Float32Array(0);
  const masks = new Float32Array(names.length * cells).fill(1);
  names.forEach((name, at) => {
    const stripe = onBody.indexOf(name);
    if (stripe >= 0) masks.set((stripes as Float32Array).subarray(stripe * cells, (stripe + 1) * cells), at * cells);
  });
  return hostTensor(masks, [1, names.length, cells]);
}

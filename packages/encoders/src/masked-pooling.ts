import { add, div, matMul, matchShape, sum, type Tensor } from '@reidkit/core-tensor';

/** What {@link maskedPooling} gives. */
export interface PooledParts {
  /** `[B, P, D]` */
  readonly parts: Tensor;
  /** Sum of each mask: `[B, P]`; a part with next to none of it says nothing. */
  readonly mass: Tensor;
}

/**
 * Mean of a map weighted by masks: `map [B, N, D]`, `masks [B, P, N]` → `[B, P, D]`, Σ mask · map / (Σ mask + epsilon). Throws SHAPE_MISMATCH.
 * @see "Region Generation and Assessment Network for Occluded Person Re-Identification", Eq. 2.
 */
export function maskedPooling(map: Tensor, masks: Tensor, epsilon = 1e-6): PooledParts {
  const { B, N } = matchShape('maskedPooling (map)', map.shape, ['B', 'N', 'D']);
  matchShape('maskedPooling (masks)', masks.shape, [B, 'P', N]);
  const mass = sum(masks, 2, true);
  return { parts: div(matMul(masks, map), add(mass, epsilon)), mass: sum(masks, 2) };
}

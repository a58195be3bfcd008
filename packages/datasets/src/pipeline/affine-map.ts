import type { GeometryStep, PictureSize } from '@reidkit/core-tensor/base';

/** `[[a, b, c], [d, e, f]]` row by row: x = a u + b v + c, y = d u + e v + f. Pixel i covers i to i + 1. */
export type AffineMap = readonly [number, number, number, number, number, number];

/** Every place is itself. */
export const IDENTITY_MAP: AffineMap = [1, 0, 0, 0, 1, 0];

/** `first`, then `second`. */
export function compose([a, b, c, d, e, f]: AffineMap, [p, q, r, s, t, u]: AffineMap): AffineMap {
  return [p * a + q * d, p * b + q * e, p * c + q * f + r, s * a + t * d, s * b + t * e, s * c + t * f + u];
}

/** Where the pixels of a step's result come from. */
export function backwards(step: GeometryStep, size: PictureSize): AffineMap {
  if (step.step === 'resize') return [size.width / step.width, 0, 0, 0, size.height / step.height, 0];
  if (step.step === 'flip') return [-1, 0, size.width, 0, 1, 0];
  return [1, 0, step.left, 0, 1, step.top];
}

/** Where a place comes from. */
export function mapPoint([a, b, c, d, e, f]: AffineMap, [u, v]: readonly [number, number]): [x: number, y: number] {
  return [a * u + b * v + c, d * u + e * v + f];
}

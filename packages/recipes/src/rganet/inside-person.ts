import { max, mul, reshape, ReidError, formatShape, type Tensor } from '@reidkit/core-tensor';

/**
 * Masks of regions inside the mask of the person, S · m: `masks [B, P, N]`, `person` `[B, N]`, or `[B, parts, h, w]` of which the largest
 * counts → `[B, P, N]`. Throws SHAPE_MISMATCH.
 */
export function insidePerson(masks: Tensor, person: Tensor): Tensor {
  const [B, , N] = masks.shape as [number, number, number];
  const [images, parts = 1] = person.shape.length === 2 ? [person.shape[0]] : person.shape;
  if (images !== B || person.size !== B * parts * N) {
    const message = `model/rganet expected masks of the person of ${N} places for ${B} images, got ${formatShape(person.shape)}.`;
    throw new ReidError('SHAPE_MISMATCH', message, { hint: 'reduce them to the grid of patches: [B, h · w] or [B, parts, h, w].' });
  }
  return mul(masks, max(reshape(person, [B, parts, N]), 1, true));
}

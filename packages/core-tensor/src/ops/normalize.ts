import { div, maximum, sqrt, square, sum, type Tensor } from '../tensor.ts';

/**
 * Divides each row of the last axis by its Euclidean length, at least `epsilon`: `[..., D] → [..., D]` (torch `F.normalize`). A shorter row
 * is divided by `epsilon`, a constant, so that the gradient stays finite for a row of zeros.
 */
export function normalizeRows(x: Tensor, epsilon = 1e-12): Tensor {
  return div(x, sqrt(maximum(sum(square(x), -1, true), epsilon * epsilon)));
}

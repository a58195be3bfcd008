import { add, eye, matMul, matchShape, maximum, mul, normalizeRows, reshape, sqrt, sub, sum, type Tensor } from '@reidkit/core-tensor';

/** Below this a squared distance counts as this, and passes no gradient on: its root has no finite slope at 0. */
const SMALLEST = 1e-12;

/**
 * Squared Euclidean distance of every row to every row: `[B, D] → [B, B]`, at least 1e-12 and without gradient there. The squared lengths
 * are the diagonal of the product itself, so equal rows have no distance whatever the rounding.
 */
export function squaredDistances(embeddings: Tensor): Tensor {
  const { B } = matchShape('pairwise distances', embeddings.shape, ['B', 'D']);
  const product = matMul(embeddings, embeddings, false, true);
  const lengths = sum(mul(product, eye(B)), 1);
  return maximum(sub(add(reshape(lengths, [B, 1]), reshape(lengths, [1, B])), mul(product, 2)), SMALLEST);
}

/** Euclidean distance of every row to every row, at least 1e-6 and without gradient there: `[B, D] → [B, B]`. */
export function euclidDistances(embeddings: Tensor): Tensor {
  return sqrt(squaredDistances(embeddings));
}

/** `2 − 2 cos` of every pair of rows, the squared distance of the rows at length 1: `[B, D] → [B, B]`. */
export function cosineDistances(embeddings: Tensor): Tensor {
  const { B } = matchShape('pairwise distances', embeddings.shape, ['B', 'D']);
  const unit = normalizeRows(embeddings);
  const product = matMul(unit, unit, false, true);
  // The cosine of a row with itself is 1 whatever the rounding, and stays so when the row moves.
  const itself = eye(B);
  return mul(sub(1, add(mul(product, sub(1, itself)), itself)), 2);
}

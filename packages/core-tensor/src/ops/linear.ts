import { add, matMul, reshape, type Tensor } from '../tensor.ts';
import { ReidError } from '../errors.ts';
import { formatShape } from '../host-tensor.ts';

/**
 * `y = x Wᵀ + b` for `x [..., in]`, `weight [out, in]` as PyTorch stores it, `bias [out]` → `[..., out]`.
 * Throws SHAPE_MISMATCH when the last axis of `x` is not `in`.
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const [outputs, inputs] = weight.shape as [number, number];
  if (x.shape.at(-1) !== inputs) throw new ReidError('SHAPE_MISMATCH', `linear expected [..., ${inputs}], got ${formatShape(x.shape)}.`);
  // tfjs broadcasts a product forward but not in its gradient, so leading axes are folded first.
  const product = matMul(x.rank === 2 ? x : reshape(x, [-1, inputs]), weight, false, true);
  const shifted = bias ? add(product, bias) : product;
  return x.rank === 2 ? shifted : reshape(shifted, [...x.shape.slice(0, -1), outputs]);
}

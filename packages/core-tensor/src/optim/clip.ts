import { add, addN, clipByValue, div, minimum, mul, scalar, sqrt, square, sum, type Tensor, type Tensors } from '../tensor.ts';

/** Euclidean length of all gradients together; 0 when there are none. */
export function gradientNorm(gradients: Tensors): Tensor {
  if (Object.keys(gradients).length === 0) return scalar(0);
  return sqrt(addN(Object.values(gradients).map((gradient) => sum(square(gradient)))));
}

/** Scales all gradients so that their common length is at most `most` (torch `clip_grad_norm_`): factor `most / (norm + 1e-6)`, at most 1. */
export function clipByNorm(gradients: Tensors, most: number): { readonly gradients: Tensors; readonly norm: Tensor } {
  const norm = gradientNorm(gradients);
  const factor = minimum(div(most, add(norm, 1e-6)), 1);
  return { norm, gradients: Object.fromEntries(Object.entries(gradients).map(([path, gradient]) => [path, mul(gradient, factor)])) };
}

/** Cuts each number to [−most, most] (torch `clip_grad_value_`). */
export function clipEach(gradients: Tensors, most: number): Tensors {
  return Object.fromEntries(Object.entries(gradients).map(([path, gradient]) => [path, clipByValue(gradient, -most, most)]));
}

import { add, div, maximum, mul, sqrt, square, sub, type Tensor } from '../tensor.ts';
import { fused, type FusedInputs } from './fused.ts';

const run = fused({
  name: 'ReidAdamUpdate',
  composite: ({ parameter, gradient, first, second, largest, stride, scale }, { beta1, beta2, epsilon }) => {
    const nextFirst = add(mul(first!, beta1 as number), mul(gradient!, 1 - (beta1 as number)));
    const nextSecond = add(mul(second!, beta2 as number), mul(square(gradient!), 1 - (beta2 as number)));
    const nextLargest = largest ? maximum(largest, nextSecond) : nextSecond;
    const step = div(nextFirst, add(mul(sqrt(nextLargest), scale!), epsilon as number));
    return [sub(parameter!, mul(step, stride!)), nextFirst, nextSecond, ...(largest ? [nextLargest] : [])];
  },
});

/** Numbers of {@link adamUpdate}. */
export interface AdamNumbers {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** Inputs of {@link adamUpdate}: everything of the parameter's shape but the scalars `stride` (rate / correction 1) and `scale` (correction 2 ^ −½). */
export interface AdamInputs extends FusedInputs {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  readonly first: Tensor;
  readonly second: Tensor;
  readonly stride: Tensor;
  readonly scale: Tensor;
}

/** One step of Adam for one parameter, in one pass: the new parameter, the two moments, and with `largest` (AMSGrad) the largest second moment. */
export function adamUpdate(inputs: AdamInputs, { beta1, beta2, epsilon }: AdamNumbers): Tensor[] {
  return run(inputs, { beta1, beta2, epsilon });
}

import { add, mul, type Tensors } from '../tensor.ts';

/** Exponential moving average by name: `average ← momentum · average + (1 − momentum) · value`. */
export function movingAverage(averages: Tensors, values: Tensors, momentum: number): Tensors {
  return Object.fromEntries(
    Object.entries(averages).map(([name, average]) => [name, add(mul(average, momentum), mul(values[name]!, 1 - momentum))]),
  );
}

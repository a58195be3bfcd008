import { add, greater, mul, type Tensor, type Tensors, where, zerosLike } from '@reidkit/core-tensor';

/** Prefix of the summed gradients in the state of a program. */
export const GRADIENT = 'gradient.';

/** Name of the hyper-parameter that is 1 in the step that completes an update, and 0 in those before. */
export const UPDATE = 'update';

/** What is known in a step that only sometimes updates. */
export interface Accumulation {
  /** Batches whose gradients are averaged for one update. */
  readonly count: number;
  readonly state: Tensors;
  readonly gradients: Tensors;
  /** 1 to update, 0 to wait: a scalar. */
  readonly due: Tensor;
}

/** What an update changes. */
export interface Update {
  readonly parameters: Tensors;
  readonly state: Tensors;
}

/**
 * Averages gradients over batches and lets the update happen in the last of them: parameters and state of `update` are those of before until
 * then. The sums live in the state under `gradient.`.
 */
export function accumulate(
  { count, state, gradients, due }: Accumulation,
  parameters: Tensors,
  update: (gradients: Tensors) => Update,
): Update {
  const sums = Object.fromEntries(
    Object.entries(gradients).map(([path, gradient]) => [path, add(state[`${GRADIENT}${path}`]!, mul(gradient, 1 / count))]),
  );
  const isDue = greater(due, 0.5);
  const updated = update(sums);
  const whenDue = (fresh: Tensors, held: Tensors): Tensors =>
    Object.fromEntries(Object.entries(fresh).map(([name, value]) => [name, where(isDue, value, held[name]!)]));
  const rest = Object.entries(sums).map(([path, sum]) => [`${GRADIENT}${path}`, where(isDue, zerosLike(sum), sum)]);
  return {
    parameters: whenDue(updated.parameters, parameters),
    state: { ...whenDue(updated.state, state), ...(Object.fromEntries(rest) as Tensors) },
  };
}

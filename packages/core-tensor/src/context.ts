import { ReidError } from './errors.ts';
import { sizeOf } from './host-tensor.ts';
import type { Parameter } from './parameter.ts';
import type { Random } from './random.ts';
import { div, greaterEqual, mul, tensor, cast, type Tensor } from './tensor.ts';

/** Where a forward pass gets its random tensors. Each call draws anew; the numbers come from outside the step. */
export interface Draws {
  /** Numbers in [0, 1). */
  uniform(shape: readonly number[]): Tensor;
  /** Numbers of the standard normal distribution. */
  normal(shape: readonly number[]): Tensor;
}

/** What a forward pass may depend on besides its input: nothing else is ambient. */
export interface Context {
  readonly training: boolean;
  readonly draws: Draws;
  /** Gives a buffer its value after this step; the buffer itself stays as it is while the step runs. */
  update(buffer: Parameter, value: Tensor): void;
}

/** Draws made from a place in the tree of random numbers: the n-th call of a step gets the n-th child. */
export function seededDraws(random: Random): Draws {
  let calls = 0;
  return {
    uniform: (shape) => tensor(random.fork(calls++).uniform(sizeOf(shape)), [...shape]),
    normal: (shape) => tensor(random.fork(calls++).normal(sizeOf(shape)), [...shape]),
  };
}

const refuse = (): never => {
  throw new ReidError('INVALID_ARGUMENT', 'A forward pass drew random numbers, but none were given.', {
    hint: 'pass a context made by trainingContext({ draws }), or evaluate with EVALUATION.',
  });
};

/** Evaluation: no dropout, running statistics, no updates. */
export const EVALUATION: Context = Object.freeze({
  training: false,
  draws: Object.freeze({ uniform: refuse, normal: refuse }),
  update: () => undefined,
});

/** What {@link trainingContext} makes: the context, and the values that buffers got while it was used. */
export interface TrainingContext extends Context {
  readonly updates: ReadonlyMap<Parameter, Tensor>;
}

/** A context for one training step. */
export function trainingContext({ draws }: { readonly draws: Draws }): TrainingContext {
  const updates = new Map<Parameter, Tensor>();
  return { training: true, draws, updates, update: (buffer, value) => void updates.set(buffer, value) };
}

/** Sets each number to 0 with the given probability and scales the rest up, in training only: any shape → the same. */
export function dropout(x: Tensor, probability: number, ctx: Context): Tensor {
  return dropShape(x, x.shape, probability, ctx);
}

/** Drops whole samples of a residual branch with the given probability and scales the rest up, in training only: `[B, ...] → [B, ...]`. */
export function dropPath(x: Tensor, probability: number, ctx: Context): Tensor {
  return dropShape(x, [x.shape[0]!, ...Array<number>(x.rank - 1).fill(1)], probability, ctx);
}

function dropShape(x: Tensor, shape: readonly number[], probability: number, ctx: Context): Tensor {
  if (!ctx.training || probability === 0) return x;
  if (probability === 1) return mul(x, 0); // what is left would be scaled up by 1 / 0
  const kept = cast(greaterEqual(ctx.draws.uniform(shape), probability), 'float32');
  return mul(x, div(kept, 1 - probability));
}

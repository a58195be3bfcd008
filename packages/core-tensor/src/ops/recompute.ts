import { customGrad, engine, type GradSaveFunc } from '@tensorflow/tfjs';
import type { Context, Draws } from '../context.ts';
import { ReidError } from '../errors.ts';
import { type Module, namedParameters, withParameters } from '../module.ts';
import { valueAndGradients } from '../step.ts';
import {
  add,
  cast,
  isNaN as isNotANumber,
  logicalAnd,
  logicalNot,
  mul,
  reshape,
  slice,
  sum,
  type Tensor,
  type Tensors,
  zerosLike,
} from '../tensor.ts';

/**
 * The same numbers, but not before those of `other` are there: what is computed from the result can neither be moved to an earlier time nor
 * be taken for what was computed from `x` itself.
 */
function after(x: Tensor, other: Tensor): Tensor {
  const never = isNotANumber(reshape(slice(reshape(other, [-1]), [0], [1]), []));
  return add(x, cast(logicalAnd(never, logicalNot(never)), 'float32'));
}

/** Draws that write down what they give. */
function recording(draws: Draws, list: Tensor[]): Draws {
  const noted = (tensor: Tensor): Tensor => {
    list.push(tensor);
    return tensor;
  };
  return { uniform: (shape) => noted(draws.uniform(shape)), normal: (shape) => noted(draws.normal(shape)) };
}

/** The same tensors again, in the same order. */
function replaying(list: readonly Tensor[]): Draws {
  let at = 0;
  const next = (): Tensor => list[at++]!;
  return { uniform: next, normal: next };
}

/** tfjs has one tape; a gradient inside a gradient must leave it as it was. */
function withOwnTape<T>(f: () => T): T {
  const { state } = engine();
  const outer = state.activeTape;
  try {
    return f();
  } finally {
    state.activeTape = outer;
  }
}

/**
 * Runs a part of a model without keeping what it computes on the way: the way back computes it again. Memory of one such part at a time, for a
 * third more work. `inputs` are all tensors that gradients flow to beside the module's parameters; random numbers are the same both times.
 * Throws INVALID_ARGUMENT for a module with running statistics.
 *
 * @see Chen et al., "Training Deep Nets with Sublinear Memory Cost" (2016).
 */
export function recompute(module: Module, inputs: Tensors, ctx: Context, f: (inputs: Tensors, ctx: Context) => Tensor): Tensor {
  if (!ctx.training) return f(inputs, ctx);
  const parameters = [...namedParameters(module)];
  const statistics = parameters.find(([, { role }]) => role === 'buffer');
  if (statistics) {
    throw new ReidError(
      'INVALID_ARGUMENT',
      `recompute() got a module with the running statistics "${statistics[0]}", which would be lost.`,
      {
        hint: 'recompute layers without batch norm.',
      },
    );
  }
  const names = [...Object.keys(inputs).map((name) => `input ${name}`), ...parameters.map(([path]) => path)];
  const tensors = [...Object.values(inputs), ...parameters.map(([, { value }]) => value)];
  const named = (list: readonly Tensor[]): Tensors => Object.fromEntries(names.map((name, i) => [name, list[i]!]));
  const run = (values: Tensors, context: Context): Tensor => {
    const given = Object.fromEntries(Object.keys(inputs).map((name) => [name, values[`input ${name}`]!]));
    const own = Object.fromEntries(parameters.map(([path]) => [path, values[path]!]));
    return withParameters(module, own, () => f(given, context));
  };
  return customGrad((...all: unknown[]) => {
    const save = all.pop() as GradSaveFunc;
    const given = all as Tensor[];
    const drawn: Tensor[] = [];
    const value = run(named(given), { ...ctx, draws: recording(ctx.draws, drawn) });
    save([...given, ...drawn]);
    const gradFunc = (dy: Tensor | Tensor[], saved: Tensor[]): Tensor[] => {
      const factor = Array.isArray(dy) ? dy[0]! : dy;
      const again = saved.slice(0, names.length).map((x, i) => (i < Object.keys(inputs).length ? after(x, factor) : x));
      const context: Context = { ...ctx, draws: replaying(saved.slice(names.length)), update: () => undefined };
      const { gradients } = withOwnTape(() =>
        valueAndGradients((values) => ({ value: sum(mul(run(values, context), factor)), rest: {} }), named(again)),
      );
      return names.map((name, i) => gradients[name] ?? zerosLike(again[i]!));
    };
    return { value, gradFunc };
  })(...tensors);
}

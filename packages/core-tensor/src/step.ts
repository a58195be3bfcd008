import { engine } from '@tensorflow/tfjs';
import type { Draws } from './context.ts';
import { ReidError } from './errors.ts';
import { formatShape, type HostTensors } from './host-tensor.ts';
import { didYouMean } from './nearest-name.ts';
import { seededDraws } from './context.ts';
import type { Random } from './random.ts';
import { disposeAll, keep, readTensors, scalar, scoped, toTensors, type Tensor, type Tensors } from './tensor.ts';

/** Everything a step may depend on. */
export interface StepInputs {
  readonly parameters: Tensors;
  /** What lives between steps: running statistics, optimizer moments, memories, queues. */
  readonly state: Tensors;
  readonly batch: Tensors;
  readonly draws: Draws;
  /** Scalars that change from step to step, like the learning rate. */
  readonly hyper: Tensors;
}

/** What a step gives. Parameters and state that it leaves out stay as they are. */
export interface StepOutputs {
  readonly parameters?: Tensors;
  readonly state?: Tensors;
  /** Scalars to report. */
  readonly losses?: Tensors;
  readonly outputs?: Tensors;
}

/**
 * A step of training or inference: a pure function of its inputs with static shapes that reads no value back. The same function runs
 * operation by operation, or recorded once and compiled.
 */
export type Step = (inputs: StepInputs) => StepOutputs;

/** One call of a program: numbers in. */
export interface StepCall {
  readonly batch: HostTensors;
  /** Where this step's random tensors come from; needed when the step draws. */
  readonly random?: Random;
  readonly hyper?: Readonly<Record<string, number>>;
}

/** One call of a program: numbers out. */
export interface StepReport {
  readonly losses: Readonly<Record<string, number>>;
  readonly outputs: HostTensors;
  /** Of a call that had to compile first: seconds to record the step and to load its graph, and the graph's size. */
  readonly compiled?: { readonly record: number; readonly load: number; readonly nodes: number };
}

/** A step with the parameters and state that it works on. They live with the backend and are read only when asked for. */
export interface Program {
  /** Runs the step once and keeps the parameters and state that it gives. */
  run(call: StepCall): Promise<StepReport>;
  /** Copies of the parameters and the state as they are now. */
  read(): Promise<{ readonly parameters: HostTensors; readonly state: HostTensors }>;
  /** Parameters and state as they are now, maybe not copied: not to be written to, and not to be relied on after the next run. */
  view(): Promise<{ readonly parameters: HostTensors; readonly state: HostTensors }>;
  /** Puts other numbers in the place of parameters or state. Throws UNKNOWN_NAME or SHAPE_MISMATCH before it changes any. */
  write(values: { readonly parameters?: HostTensors; readonly state?: HostTensors }): void;
  /** What runs, as text; operation by operation there is nothing to tell. */
  explain?(): string;
  /** Frees what it holds. */
  dispose(): void;
}

/** First parameters and state of a program. */
export interface ProgramValues {
  readonly parameters: HostTensors;
  readonly state?: HostTensors;
  /** The arrays belong to the program from now on, which may write to them: nothing lies in memory twice. Default: they stay as they are. */
  readonly isGivenAway?: boolean;
}

/** Makes a program of a step: the seam between the trainer and the ways to run a step. */
export type MakeProgram = (step: Step, values: ProgramValues) => Program;

const refuseDraws: Draws = {
  uniform: () => refuse(),
  normal: () => refuse(),
};

function refuse(): never {
  throw new ReidError('INVALID_ARGUMENT', 'A step drew random numbers, but its call gave none.', { hint: 'pass `random` to run().' });
}

/** The same numbers under handles of their own, for the caller to free: the originals may be held, or stand under two names. */
const copies = (values: Tensors = {}): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.clone()]));

/** Takes new values and gives the old ones, to be freed when nothing needs them any more: a new value may be an old one of another name. */
function replace(held: Record<string, Tensor>, next: Tensors = {}): Tensor[] {
  const changed = Object.entries(next).filter(([name, value]) => value !== held[name]);
  const fresh = changed.map(([name, value]) => [name, keep(value.clone())] as const);
  const old = changed.flatMap(([name]) => held[name] ?? []);
  Object.assign(held, Object.fromEntries(fresh));
  return old;
}

/** Runs a step operation by operation on the backend in use. */
export const eagerProgram: MakeProgram = (step, values) => {
  const held = (numbers: HostTensors): Record<string, Tensor> => {
    const tensors = { ...toTensors(numbers) };
    for (const value of Object.values(tensors)) keep(value);
    return tensors;
  };
  const parameters = held(values.parameters);
  const state = held(values.state ?? {});
  return {
    async run({ batch, random, hyper = {} }) {
      const { losses, outputs } = scoped(() => {
        const result = step({
          parameters,
          state,
          batch: toTensors(batch),
          draws: random ? seededDraws(random) : refuseDraws,
          hyper: Object.fromEntries(Object.entries(hyper).map(([name, value]) => [name, scalar(value)])),
        });
        const given = { losses: copies(result.losses), outputs: copies(result.outputs) };
        const old = [...replace(parameters, result.parameters), ...replace(state, result.state)];
        for (const value of old) value.dispose();
        return given;
      });
      const numbers = { losses: await readTensors(losses), outputs: await readTensors(outputs) };
      disposeAll(losses);
      disposeAll(outputs);
      return {
        losses: Object.fromEntries(Object.entries(numbers.losses).map(([name, value]) => [name, Number(value.data[0])])),
        outputs: numbers.outputs,
      };
    },
    read: async () => ({ parameters: await readTensors(parameters), state: await readTensors(state) }),
    view: async () => ({ parameters: await readTensors(parameters), state: await readTensors(state) }),
    write(next) {
      checkReplacements('parameters', next.parameters ?? {}, parameters);
      checkReplacements('state', next.state ?? {}, state);
      const put = (place: Record<string, Tensor>, numbers: HostTensors = {}): void => {
        const tensors = toTensors(numbers);
        for (const value of replace(place, tensors)) value.dispose();
        disposeAll(tensors);
      };
      put(parameters, next.parameters);
      put(state, next.state);
    },
    dispose() {
      disposeAll(parameters);
      disposeAll(state);
    },
  };
};

/** Throws UNKNOWN_NAME or SHAPE_MISMATCH for numbers that cannot stand in the place of those that a program holds. */
export function checkReplacements(
  what: 'parameters' | 'state',
  next: HostTensors,
  held: Readonly<Record<string, { readonly shape: readonly number[] }>>,
): void {
  for (const [name, { shape }] of Object.entries(next)) {
    const old = Object.hasOwn(held, name) ? held[name] : undefined;
    if (!old) {
      throw new ReidError('UNKNOWN_NAME', `The program's ${what} have no "${name}".${didYouMean(name, Object.keys(held))}`);
    }
    if (formatShape(old.shape) !== formatShape(shape)) {
      throw new ReidError(
        'SHAPE_MISMATCH',
        `"${name}" of a program's ${what} expected ${formatShape(old.shape)}, got ${formatShape(shape)}.`,
      );
    }
  }
}

/** What {@link valueAndGradients} gives: the value, gradients by name (a name without influence on the value has none), and the rest. */
export interface ValueAndGradients<Rest extends Tensors> {
  readonly value: Tensor;
  readonly gradients: Tensors;
  readonly rest: Rest;
}

/**
 * Value and gradients of a scalar function of named tensors, with whatever else the function computed on the way (outputs, new state).
 * Throws INVALID_ARGUMENT when the value is no scalar.
 */
export function valueAndGradients<Rest extends Tensors>(
  f: (variables: Tensors) => { readonly value: Tensor; readonly rest: Rest },
  variables: Tensors,
): ValueAndGradients<Rest> {
  const names = Object.keys(variables);
  let rest: Rest | undefined;
  const { value, grads } = engine().gradients(
    () => {
      const result = f(variables);
      if (result.value.size !== 1)
        throw new ReidError('INVALID_ARGUMENT', `A gradient needs a scalar value, got shape [${result.value.shape}].`);
      // Kept, because the scope of gradients() frees whatever it does not return.
      rest = Object.fromEntries(Object.entries(result.rest).map(([name, tensor]) => [name, keep(tensor.clone())])) as unknown as Rest;
      return result.value.reshape([]);
    },
    names.map((name) => variables[name]!),
    undefined,
    true,
  );
  const released = Object.fromEntries(
    Object.entries(rest!).map(([name, tensor]) => {
      const copy = tensor.clone();
      tensor.dispose();
      return [name, copy];
    }),
  ) as unknown as Rest;
  return {
    value,
    gradients: Object.fromEntries(names.flatMap((name, i) => (grads[i] ? [[name, grads[i]]] : []))),
    rest: released,
  };
}

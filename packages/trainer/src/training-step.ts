import {
  type Model, Module, mul, zerosLike, movingAverage, namedParameters, type Optimizer, type Parameter, selectPaths, type Step, type StepInputs,
  trainingContext, valueAndGradients, withParameters, type HostTensor, type HostTensors, type Tensor, type Tensors, formatShape, type Random, ReidError, initialState, sizeOf, hostTensor,
} from '@reidkit/core-tensor'; // prettier-ignore
import type { Stage } from '@reidkit/core-tensor';
import { accumulate, GRADIENT, UPDATE, type Update } from './accumulate.ts';
import { runsOf, type StepRun, type StreamWay } from './stream-way.ts';
import { sumRuns, type RunResult } from './sum-runs.ts';
import { computeLosses, learnedLosses, type WiredLoss } from './wire-losses.ts';

/** Everything with parameters in a stage: the model, whose paths are the checkpoint's, and the losses, under `losses.<name>`. */
class Trained extends Module {
  readonly model: Model;
  readonly losses: Readonly<Record<string, Module>>;

  constructor(model: Model, losses: readonly WiredLoss[]) {
    super();
    this.model = model;
    this.losses = Object.fromEntries(learnedLosses(losses));
  }

  /** Parameters and buffers by path. */
  parameters(): Map<string, Parameter> {
    return new Map([
      ...namedParameters(this.model),
      ...Object.entries(this.losses).flatMap(([name, loss]) => [...namedParameters(loss, `losses.${name}`)]),
    ]);
  }

  /** Runs `f` while parameters and buffers are the given tensors. */
  with<T>(values: Tensors, f: () => T): T {
    const own = (prefix: string): Tensors =>
      Object.fromEntries(
        Object.entries(values).flatMap(([path, value]) => (path.startsWith(prefix) ? [[path.slice(prefix.length), value]] : [])),
      );
    const ofModel = Object.fromEntries(Object.entries(values).filter(([path]) => !path.startsWith('losses.')));
    const nested = Object.entries(this.losses).reduceRight<() => T>(
      (inner, [name, loss]) =>
        () =>
          withParameters(loss, own(`losses.${name}.`), inner),
      f,
    );
    return withParameters(this.model, ofModel, nested);
  }
}

/** What a stage trains and how. */
export interface StagePlan {
  readonly step: Step;
  /** Paths of the parameters that change. */
  readonly trainable: readonly string[];
  /** Parameters and buffers of the model and of its losses by path. */
  readonly places: ReadonlyMap<string, Parameter>;
  /** First values for the program: parameters, and the state that lives between steps; `artefacts` by the places where losses find them. */
  values(
    random: Random,
    held: { readonly parameters: HostTensors; readonly state: HostTensors },
    artefacts?: HostTensors,
  ): { parameters: HostTensors; state: HostTensors };
}

/** Prefixes of the state of a program. */
const BUFFER = 'buffer.';
const OPTIMIZER = 'optimizer.';
const AVERAGE = 'average.';
const ARTEFACT = 'artefact.';

/** The part of a program's state that a training checkpoint holds: artefacts have files of their own. */
export const checkpointState = (state: HostTensors): HostTensors =>
  Object.fromEntries(Object.entries(state).filter(([name]) => !name.startsWith(ARTEFACT)));

/** The part of a program's state that a new stage begins with: running statistics; moments and averages begin anew. */
export const carriedState = (state: HostTensors): HostTensors =>
  Object.fromEntries(Object.entries(state).filter(([name]) => name.startsWith(BUFFER)));

const strip = <T>(record: Readonly<Record<string, T>>, prefix: string): Record<string, T> =>
  Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])),
  );

const only = (record: Tensors, prefix: string): Tensors =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name.startsWith(prefix)));

const prefixed = <T>(record: Readonly<Record<string, T>>, prefix: string): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [`${prefix}${name}`, value]));

/** Numbers by path as a program holds them: parameters, and buffers in its state. Throws SHAPE_MISMATCH. */
export function inPlaces({ places }: StagePlan, values: HostTensors, stage: string): { parameters: HostTensors; state: HostTensors } {
  const placed = { parameters: {} as Record<string, HostTensor>, state: {} as Record<string, HostTensor> };
  for (const [path, value] of Object.entries(values)) {
    const { role, shape } = places.get(path)!;
    if (formatShape(shape) !== formatShape(value.shape)) {
      throw new ReidError('SHAPE_MISMATCH', `Stage "${stage}" gives "${path}" numbers of another shape: expected ${formatShape(shape)}, got ${formatShape(value.shape)}.`); // prettier-ignore
    }
    if (role === 'parameter') placed.parameters[path] = value;
    else placed.state[`${BUFFER}${path}`] = value;
  }
  return placed;
}

/** Parameters and buffers of the model under the checkpoint's names, from a program's values; averaged ones where there are. */
export function checkpointTensors({ parameters, state }: { readonly parameters: HostTensors; readonly state: HostTensors }): HostTensors {
  const merged = { ...parameters, ...strip(state, BUFFER), ...strip(state, AVERAGE) };
  return Object.fromEntries(Object.entries(merged).filter(([path]) => !path.startsWith('losses.')));
}

/** Throws INVALID_ARGUMENT when a parameter that should train has no influence on any loss. */
function checkReached(trainable: readonly string[], gradients: Tensors, stage: Stage): void {
  const idle = trainable.filter((path) => !(path in gradients));
  if (idle.length === trainable.length) {
    throw new ReidError('INVALID_ARGUMENT', `No trainable parameter of stage "${stage.name}" influences its losses.`, {
      hint: 'check "trainable", "frozen" and what the losses read.',
    });
  }
}

/** What {@link planStage} puts together. */
export interface StageParts {
  readonly stage: Stage;
  readonly model: Model;
  /** What is done with the batches of each stream. */
  readonly ways: readonly StreamWay[];
  readonly optimizer: Optimizer;
}

/** Losses with names that are theirs alone among those of all streams. */
const namedLosses = (ways: readonly StreamWay[]): WiredLoss[] =>
  ways.flatMap(({ stream, losses, isOnly }) => losses.map((loss) => (isOnly ? loss : { ...loss, name: `${stream}.${loss.name}` })));

/**
 * The training step of a stage as a pure function: forward, losses, gradients, update. State holds `buffer.*` (running statistics),
 * `optimizer.*`, `artefact.*` (which stay) and, by option, `average.*` and `gradient.*`.
 */
export function planStage({ stage, model, ways, optimizer }: StageParts): StagePlan {
  const trained = new Trained(model, namedLosses(ways));
  const all = trained.parameters();
  const paths = [...all.keys()];
  const frozen = new Set(stage.frozen.length > 0 ? selectPaths(paths, stage.frozen) : []);
  const trainable = selectPaths(paths, stage.trainable).filter((path) => all.get(path)!.trainable && !frozen.has(path));
  const pathOf = new Map([...all].map(([path, parameter]) => [parameter, path]));

  const step: Step = ({ parameters, state, batch, draws, hyper }: StepInputs) => {
    const variables = Object.fromEntries(trainable.map((path) => [path, parameters[path]!]));
    let buffers = strip(state, BUFFER);
    const artefact = strip(state, ARTEFACT);
    const one = ({ way: { pass, losses }, batch: own, factor }: StepRun): RunResult => {
      const { gradients, rest } = valueAndGradients((variable) => {
        const ctx = trainingContext({ draws });
        return trained.with({ ...parameters, ...buffers, ...variable }, () => {
          const outputs = pass.forward(own, ctx);
          const { terms, total } = computeLosses(losses, { outputs, batch: own, state, artefact }, ctx);
          const updates = Object.fromEntries([...ctx.updates].map(([parameter, value]) => [`${BUFFER}${pathOf.get(parameter)!}`, value]));
          const value = factor === 1 ? total : mul(total, factor);
          return { value, rest: { ...prefixed(terms, 'loss '), 'loss total': total, 'weighted total': value, ...updates } as Tensors };
        });
      }, variables);
      // What a run leaves in buffers is what the next one of the same step begins with.
      buffers = { ...buffers, ...strip(only(rest, BUFFER), BUFFER) };
      return { gradients, losses: strip(rest, 'loss '), total: rest['weighted total']!, updates: only(rest, BUFFER) };
    };
    const { gradients: reached, losses: reported, updates } = sumRuns(runsOf(ways, batch).map((run) => ({ run, result: one(run) })));
    const idle = stage.idle === 'decay' ? trainable.filter((path) => !(path in reached)) : [];
    const gradients = { ...reached, ...Object.fromEntries(idle.map((path) => [path, zerosLike(parameters[path]!)])) };
    checkReached(trainable, reached, stage);
    const norm: Record<string, Tensor> = {};
    const update = (means: Tensors): Update => {
      const updated = optimizer.update({ gradients: means, parameters, state: strip(state, OPTIMIZER), hyper });
      if (updated.gradientNorm) norm.gradientNorm = updated.gradientNorm;
      const averages =
        stage.movingAverage === undefined
          ? {}
          : movingAverage(strip(state, AVERAGE), { ...parameters, ...updated.parameters }, stage.movingAverage);
      return { parameters: updated.parameters, state: { ...prefixed(updated.state, OPTIMIZER), ...prefixed(averages, AVERAGE) } };
    };
    const changes =
      stage.accumulate === 1
        ? update(gradients)
        : accumulate({ count: stage.accumulate, state, gradients, due: hyper[UPDATE]! }, parameters, update);
    return {
      parameters: changes.parameters,
      state: { ...updates, ...changes.state },
      losses: { ...reported, ...norm },
    };
  };

  return {
    step,
    trainable,
    places: all,
    values(random, held, artefacts = {}) {
      const fresh = { ...initialState(model, random), ...lossState(trained, random) };
      const value = (path: string): HostTensors[string] => held.parameters[path] ?? held.state[`${BUFFER}${path}`] ?? fresh[path]!;
      const parameters = Object.fromEntries(paths.filter((path) => all.get(path)!.role === 'parameter').map((path) => [path, value(path)]));
      const buffers = paths.filter((path) => all.get(path)!.role === 'buffer').map((path) => [`${BUFFER}${path}`, value(path)] as const);
      const shapes = Object.fromEntries(trainable.map((path) => [path, all.get(path)!.shape]));
      const averages = stage.movingAverage === undefined ? {} : Object.fromEntries(trainable.map((path) => [path, parameters[path]!]));
      const sums =
        stage.accumulate === 1
          ? []
          : trainable.map((path) => [
              `${GRADIENT}${path}`,
              hostTensor(new Float32Array(sizeOf(all.get(path)!.shape)), all.get(path)!.shape),
            ]);
      const state = {
        ...Object.fromEntries(buffers),
        ...(Object.fromEntries(sums) as HostTensors),
        ...prefixed(optimizer.init(shapes), OPTIMIZER),
        ...prefixed(averages, AVERAGE),
        ...prefixed(artefacts, ARTEFACT),
      };
      return { parameters, state: { ...state, ...matching(held.state, state) } };
    },
  };
}

function lossState(trained: Trained, random: Random): HostTensors {
  return Object.fromEntries(
    Object.entries(trained.losses).flatMap(([name, loss]) =>
      Object.entries(prefixed(initialState(loss, random.fork('losses', name)), `losses.${name}.`)),
    ),
  );
}

/** The held values that fit the wanted ones. Throws CHECKPOINT_MISMATCH for one of another shape. */
function matching(held: HostTensors, wanted: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(held).filter(([name, value]) => {
      const want = wanted[name];
      if (want && sizeOf(want.shape) !== sizeOf(value.shape)) {
        throw new ReidError('CHECKPOINT_MISMATCH', `State "${name}" expected ${formatShape(want.shape)}, got ${formatShape(value.shape)}.`);
      }
      return want !== undefined;
    }),
  );
}

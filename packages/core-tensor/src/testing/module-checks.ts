import { EVALUATION, seededDraws, trainingContext, type Context } from '../context.ts';
import { hostTensor, type HostTensors } from '../host-tensor.ts';
import { disposeModule, initializeParameters, loadStateDict, namedParameters, stateDict, withParameters, type Module } from '../module.ts';
import { Random } from '../random.ts';
import { valueAndGradients } from '../step.ts';
import { addN, disposeAll, fill, mul, readTensors, scoped, sum, toTensor, zeros, type Tensor, type Tensors } from '../tensor.ts';
import { demand, demandEqual, type ConformanceCheck } from './conformance-check.ts';
import { demandNoLeak } from './tensor-leak.ts';

/** A module and how to run it on its example inputs. */
export interface ModuleTrial<M extends Module> {
  make(): M;
  /** Outputs by name; called within a scope. */
  run(model: M, ctx: Context): Tensors;
  /** Trainable parameters whose gradient may be zero everywhere. */
  readonly zeroGradients?: (path: string) => boolean;
}

/** A context for training in which nothing is dropped: every uniform draw is just below 1, every normal one 0. */
function keepingContext(): Context {
  return trainingContext({ draws: { uniform: (shape) => fill([...shape], 0.9999), normal: (shape) => zeros([...shape]) } });
}

const drawing = (name = 'step'): Context => trainingContext({ draws: seededDraws(Random.seed(3).fork(name)) });

/** Runs `f` on a model with first numbers and frees them afterwards. */
export async function withModel<M extends Module, T>(make: () => M, f: (model: M) => Promise<T> | T, seed = 1): Promise<T> {
  const model = make();
  initializeParameters(model, Random.seed(seed));
  try {
    return await f(model);
  } finally {
    disposeModule(model);
  }
}

/** Outputs of one run as numbers. */
export async function numbersOf<M extends Module>({ run }: ModuleTrial<M>, model: M, ctx: Context): Promise<HostTensors> {
  const outputs = scoped(() => run(model, ctx));
  const numbers = await readTensors(outputs);
  disposeAll(outputs);
  return numbers;
}

/** Everything that a module gives as one scalar, each number with a factor of its own. */
function total(outputs: Tensors): Tensor {
  const parts = Object.entries(outputs).map(([name, value]) => {
    const factors = hostTensor(Random.seed(7).fork(name).normal(value.size), value.shape);
    return sum(mul(value, toTensor(factors)));
  });
  return addN(parts);
}

async function parameterGradients<M extends Module>(trial: ModuleTrial<M>, model: M): Promise<HostTensors> {
  const trainable = [...namedParameters(model)].filter(([, parameter]) => parameter.trainable);
  const variables = Object.fromEntries(trainable.map(([path, parameter]) => [path, parameter.value]));
  const gradients = scoped(() => {
    const value = (values: Tensors): Tensor => total(withParameters(model, values, () => trial.run(model, keepingContext())));
    return valueAndGradients((values) => ({ value: value(values), rest: {} }), variables).gradients;
  });
  const numbers = await readTensors(gradients);
  disposeAll(gradients);
  return numbers;
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

async function demandGradients<M extends Module>(trial: ModuleTrial<M>, model: M): Promise<void> {
  const trainable = [...namedParameters(model)].filter(([, parameter]) => parameter.trainable).map(([path]) => path);
  if (trainable.length === 0) return;
  const gradients = await parameterGradients(trial, model);
  const without = trainable.filter((path) => !gradients[path]);
  demand(without.length === 0, `No gradient reaches ${quoted(without)}.`);
  const odd = trainable.filter((path) => gradients[path]!.data.some((value) => !Number.isFinite(value)));
  demand(odd.length === 0, `The gradient of ${quoted(odd)} is not finite.`);
  const zero = trainable.filter((path) => !trial.zeroGradients?.(path) && gradients[path]!.data.every((value) => value === 0));
  demand(zero.length === 0, `The gradient of ${quoted(zero)} is zero everywhere.`);
}

async function demandRoundTrip<M extends Module>(trial: ModuleTrial<M>, model: M): Promise<void> {
  const [numbers, want] = [await stateDict(model), await numbersOf(trial, model, EVALUATION)];
  await withModel(
    trial.make,
    async (other) => {
      loadStateDict(other, numbers);
      demandEqual('A state dict does not come back', await stateDict(other), numbers);
      demandEqual('With the same state dict', await numbersOf(trial, other, EVALUATION), want);
    },
    2,
  );
}

/** What every module keeps to, whatever its kind. */
export function moduleChecks<M extends Module>(trial: ModuleTrial<M>): ConformanceCheck[] {
  const onModel = (f: (model: M) => Promise<void> | void) => () => withModel(trial.make, f);
  return [
    {
      title: 'evaluates the same every time, without draws',
      check: onModel(async (model) => {
        const first = await numbersOf(trial, model, EVALUATION);
        demandEqual('A second evaluation', await numbersOf(trial, model, EVALUATION), first);
      }),
    },
    {
      title: 'trains the same under the same draws',
      check: onModel(async (model) => {
        const first = await numbersOf(trial, model, drawing());
        demandEqual('A second training step under the same draws', await numbersOf(trial, model, drawing()), first);
      }),
    },
    { title: 'lets a gradient reach every trainable parameter', check: onModel((model) => demandGradients(trial, model)) },
    {
      title: 'changes none of its own numbers while it runs',
      check: onModel(async (model) => {
        const before = await stateDict(model);
        await numbersOf(trial, model, drawing());
        demandEqual('A training step changes the model itself instead of calling ctx.update', await stateDict(model), before);
      }),
    },
    { title: 'gives its numbers as a state dict and takes them back', check: onModel((model) => demandRoundTrip(trial, model)) },
    {
      title: 'leaks no tensor',
      check: onModel((model) => {
        demandNoLeak('Evaluation', () => trial.run(model, EVALUATION));
        demandNoLeak('Training', () => trial.run(model, drawing()));
      }),
    },
  ];
}

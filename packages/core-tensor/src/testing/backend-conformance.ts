import { plainProduct, referenceBackend, useBackend } from '../backend.ts';
import { hostTensor, type HostTensors } from '../host-tensor.ts';
import type { Backend } from '../kinds/backend.ts';
import { adam } from '../optim/adam.ts';
import { Random } from '../random.ts';
import { valueAndGradients, type Step } from '../step.ts';
import { dropout, trainingContext } from '../context.ts';
import { disposeAll, mean, mul, readTensors, scoped, square, sub, sum, tanh, tensorMemory, toTensor, toTensors, type Tensor, type Tensors } from '../tensor.ts'; // prettier-ignore
import { linear } from '../ops/linear.ts';
import { backendTrials, type BackendTrial } from './backend-trials.ts';
import { demand, demandEqual, largestDifference, type ConformanceCheck } from './conformance-check.ts';

/** How near the engine must come to the reference. */
export interface BackendConformanceOptions {
  /** Largest difference, as a share of the largest number of a tensor (at least 1). Default: 2e-5. */
  readonly tolerance?: number;
}

async function valueAndSlopes({ inputs, run }: BackendTrial): Promise<HostTensors> {
  const tensors = toTensors(inputs);
  const variables = Object.fromEntries(Object.entries(tensors).filter(([name]) => inputs[name]!.dtype === 'float32'));
  const results: Tensors = scoped(() => {
    const { gradients, rest } = valueAndGradients((values) => {
      const result: Tensor = run({ ...tensors, ...values });
      const factors = toTensor(hostTensor(Random.seed(47).normal(result.size), result.shape));
      return { value: sum(mul(result, factors)), rest: { value: result } };
    }, variables);
    return { ...rest, ...Object.fromEntries(Object.entries(gradients).map(([name, value]) => [`gradient of ${name}`, value])) };
  });
  const numbers = await readTensors(results);
  disposeAll({ ...tensors, ...results });
  return numbers;
}

/** Runs something on the reference and then on the engine, which stays in use. */
async function onBoth<T>(backend: Backend, f: () => Promise<T>): Promise<readonly [mine: T, reference: T]> {
  await useBackend(referenceBackend);
  const reference = await f();
  await useBackend(backend);
  return [await f(), reference];
}

const optimizer = adam.build({ ...adam.options.parse({ rate: 0.05 }), amsgrad: true }, () => undefined as never);

/** Two layers with dropout in between, trained by Adam: what a training step is made of. */
const trainingStep: Step = ({ parameters, state, batch, draws, hyper }) => {
  const ctx = trainingContext({ draws });
  const loss = ({ a, b }: Tensors): Tensor => mean(square(sub(linear(dropout(tanh(linear(batch.x!, a!)), 0.3, ctx), b!), batch.y!)));
  const { value, gradients } = valueAndGradients((values) => ({ value: loss(values), rest: {} }), parameters);
  return { ...optimizer.update({ parameters, gradients, state, hyper }), losses: { loss: value } };
};

const numbers = (name: string, ...shape: number[]): ReturnType<typeof hostTensor> =>
  hostTensor(
    Random.seed(53)
      .fork(name)
      .normal(shape.reduce((product, length) => product * length, 1)),
    shape,
  );

async function train(backend: Backend, steps: number): Promise<HostTensors> {
  const parameters = { a: numbers('a', 6, 5), b: numbers('b', 3, 6) };
  const program = backend.makeProgram(trainingStep, { parameters, state: optimizer.init({ a: [6, 5], b: [3, 6] }) });
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const batch = { x: numbers(`x${i}`, 4, 5), y: numbers(`y${i}`, 4, 3) };
    const report = await program.run({ batch, random: Random.seed(59).fork(i), hyper: optimizer.hyper((base) => base) });
    losses.push(report.losses.loss!);
  }
  const held = await program.read();
  program.dispose();
  return { ...held.parameters, ...held.state, losses: hostTensor(losses) };
}

/** What every engine keeps to, compared with the reference. The engine stays in use afterwards. */
export function backendConformance(make: () => Backend, { tolerance = 2e-5 }: BackendConformanceOptions = {}): ConformanceCheck[] {
  return [
    {
      title: 'starts and says what it is',
      async check() {
        const backend = make();
        await useBackend(backend);
        await useBackend(backend);
        const { name, version, device, slowKernels } = backend.info();
        demand([name, version, device].every((text) => text.length > 0), 'It does not say its name, version or device.'); // prettier-ignore
        demand(typeof slowKernels === 'object', 'It does not count slow kernels.');
      },
    },
    ...backendTrials.map((trial) => ({
      title: `computes ${trial.name} and its gradient as the reference does`,
      async check() {
        const [mine, reference] = await onBoth(make(), () => valueAndSlopes(trial));
        demandEqual(`${trial.name}, here and on the reference`, mine, reference, tolerance);
      },
    })),
    {
      title: 'trains as operation by operation on the reference, without leaking',
      async check() {
        const backend = make();
        await useBackend(referenceBackend);
        const reference = await train(referenceBackend, 5);
        await useBackend(backend);
        demandEqual('Five training steps, here and on the reference', await train(backend, 5), reference, 10 * tolerance);
        const before = tensorMemory().numTensors;
        await train(backend, 5);
        const left = tensorMemory().numTensors - before;
        demand(left === 0, `Five training steps leak ${left} tensors.`);
      },
    },
    {
      title: 'gives the same bits for the same numbers',
      async check() {
        const backend = make();
        await useBackend(backend);
        demandEqual('Five training steps, twice', await train(backend, 5), await train(backend, 5));
      },
    },
    {
      title: 'multiplies matrices by rows, with equal products for equal rows',
      async check() {
        const { matrixProduct } = make();
        const [a, b] = [numbers('left', 3, 7), numbers('right', 5, 7)].map((value) => value as Parameters<typeof plainProduct>[0]);
        b!.data.copyWithin(7 * 4, 0, 7);
        const product = await matrixProduct.multiply(a!, b!);
        demand(largestDifference(product, plainProduct(a!, b!)) < 1e-4, 'Its matrix product differs from the plain one.');
        const tied = [0, 1, 2].every((row) => product[row * 5] === product[row * 5 + 4]);
        demand(tied, 'Equal rows of the right matrix have different products.');
      },
    },
  ];
}

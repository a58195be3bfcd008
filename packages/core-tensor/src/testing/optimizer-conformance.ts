import { sameShape, hostTensor, type HostTensors } from '../host-tensor.ts';
import type { Optimizer } from '../kinds/optimizer.ts';
import { Random } from '../random.ts';
import { disposeAll, readTensors, scalar, scoped, toTensors, type Tensors } from '../tensor.ts';
import { copyOf, demand, demandEqual, demandNumbers, type ConformanceCheck } from './conformance-check.ts';
import { demandNoLeak } from './tensor-leak.ts';

/** How long the optimizer is tried. */
export interface OptimizerConformanceOptions {
  /** Steps in which half of the way to the least value must be done. Default: 200. */
  readonly steps?: number;
}

const SHAPES = { matrix: [2, 3], vector: [4], number: [] } as const;

const draw = (name: string): HostTensors =>
  Object.fromEntries(
    Object.entries(SHAPES).map(([path, shape]) => {
      const size = shape.reduce((product: number, length) => product * length, 1);
      return [path, hostTensor(Random.seed(19).fork(name, path).normal(size), shape)];
    }),
  );

interface Position {
  readonly parameters: HostTensors;
  readonly state: HostTensors;
}

const start = (optimizer: Optimizer): Position => ({ parameters: draw('parameters'), state: optimizer.init(SHAPES) });

/** One update of numbers; names that the optimizer leaves out are left out here too. */
async function updateOnce(optimizer: Optimizer, { parameters, state }: Position, gradients: HostTensors, factor = 1): Promise<Position> {
  const inputs = { parameters: toTensors(parameters), state: toTensors(state), gradients: toTensors(gradients) };
  const hyper = Object.fromEntries(Object.entries(optimizer.hyper((base) => base * factor)).map(([name, rate]) => [name, scalar(rate)]));
  const outputs = scoped(() => {
    const { parameters: moved, state: next } = optimizer.update({ ...inputs, hyper });
    return { parameters: { ...moved } as Tensors, state: { ...next } as Tensors };
  });
  const numbers = { parameters: await readTensors(outputs.parameters), state: await readTensors(outputs.state) };
  for (const held of [outputs.parameters, outputs.state, inputs.parameters, inputs.state, inputs.gradients, hyper]) disposeAll(held);
  return numbers;
}

const after = ({ parameters, state }: Position, next: Position): Position => ({
  parameters: { ...parameters, ...next.parameters },
  state: { ...state, ...next.state },
});

function demandSameShapes(what: string, got: HostTensors, known: HostTensors): void {
  for (const [name, value] of Object.entries(got)) {
    demand(name in known, `${what} has "${name}", which was not there at the start.`);
    const { shape } = known[name]!;
    demand(sameShape(value.shape, shape), `${what} "${name}" has the shape [${value.shape}] instead of [${shape}].`);
    demandNumbers(`${what} "${name}"`, value);
  }
}

const distanceTo = (target: HostTensors, { parameters }: Position): number =>
  Object.entries(target).reduce(
    (total, [path, { data }]) => Array.from(data).reduce((sum, value, i) => sum + (parameters[path]!.data[i]! - value) ** 2, total),
    0,
  );

async function demandProgress(optimizer: Optimizer, steps: number): Promise<void> {
  const target = draw('target');
  let position = start(optimizer);
  const before = distanceTo(target, position);
  for (let i = 0; i < steps; i++) {
    const gradients = Object.fromEntries(
      Object.entries(position.parameters).map(([path, { data, shape }]) => [
        path,
        hostTensor(
          Float32Array.from(data, (value, at) => value - target[path]!.data[at]!),
          shape,
        ),
      ]),
    );
    position = after(position, await updateOnce(optimizer, position, gradients));
  }
  const left = distanceTo(target, position);
  demand(
    left < before / 4,
    `After ${steps} steps on a quadratic its value fell from ${before.toPrecision(3)} to ${left.toPrecision(3)} only.`,
  );
}

async function demandAloneWithoutGradient(optimizer: Optimizer): Promise<void> {
  const position = after(start(optimizer), await updateOnce(optimizer, start(optimizer), draw('first')));
  const { vector, number } = draw('second');
  const next = await updateOnce(optimizer, position, { vector: vector!, number: number! });
  const moved = next.parameters.matrix;
  if (moved) demandEqual('A parameter without gradient moves', { matrix: moved }, { matrix: position.parameters.matrix! });
  for (const [name, value] of Object.entries(next.state).filter(([key]) => key.endsWith('.matrix'))) {
    demandEqual('The state of a parameter without gradient moves', { [name]: value }, { [name]: position.state[name]! });
  }
}

/** What every optimizer keeps to. Give it a rate that makes way on `½ |x − target|²` (SGD 0.1, Adam 0.05) and no group. */
export function optimizerConformance(make: () => Optimizer, { steps = 200 }: OptimizerConformanceOptions = {}): ConformanceCheck[] {
  return [
    {
      title: 'starts with a finite state, the same every time',
      check() {
        const optimizer = make();
        const state = optimizer.init(SHAPES);
        for (const [name, value] of Object.entries(state)) demandNumbers(`the state "${name}"`, value);
        demandEqual('A second first state', optimizer.init(SHAPES), state);
      },
    },
    {
      title: 'keeps names and shapes of parameters and state',
      async check() {
        const optimizer = make();
        const position = start(optimizer);
        const next = await updateOnce(optimizer, position, draw('gradients'));
        demandSameShapes('The parameter', next.parameters, position.parameters);
        demandSameShapes('The state', next.state, position.state);
        const still = Object.keys(SHAPES).filter((path) => !(path in next.parameters));
        demand(still.length === 0, `It gives no new number for "${still.join('", "')}".`);
      },
    },
    {
      title: 'is a pure function of what it is given',
      async check() {
        const optimizer = make();
        const [position, gradients] = [start(optimizer), draw('gradients')];
        const before = [position.parameters, position.state, gradients].map(copyOf);
        const first = await updateOnce(optimizer, position, gradients);
        const second = await updateOnce(optimizer, position, gradients);
        demandEqual('A second update from the same place', second.parameters, first.parameters);
        demandEqual('The state of a second update', second.state, first.state);
        [position.parameters, position.state, gradients].forEach((now, i) => demandEqual('It writes to its inputs', now, before[i]!));
      },
    },
    { title: 'makes a quadratic small', check: () => demandProgress(make(), steps) },
    { title: 'leaves parameters without gradient alone', check: () => demandAloneWithoutGradient(make()) },
    {
      title: 'moves nothing at rate 0',
      async check() {
        const optimizer = make();
        const position = start(optimizer);
        const next = await updateOnce(optimizer, position, draw('gradients'), 0);
        demandEqual('At rate 0 a parameter moves', { ...position.parameters, ...next.parameters }, position.parameters);
      },
    },
    {
      title: 'stays finite when a gradient is zero',
      async check() {
        const optimizer = make();
        const zero = Object.fromEntries(
          Object.entries(draw('gradients')).map(([path, { data, shape }]) => [
            path,
            hostTensor(
              data.map(() => 0),
              shape,
            ),
          ]),
        );
        const { parameters } = await updateOnce(optimizer, start(optimizer), zero);
        for (const [path, value] of Object.entries(parameters)) demandNumbers(`the parameter "${path}"`, value);
      },
    },
    {
      title: 'leaks no tensor',
      check() {
        const optimizer = make();
        const { parameters, state } = start(optimizer);
        const inputs = { parameters: toTensors(parameters), state: toTensors(state), gradients: toTensors(draw('gradients')) };
        const rates = Object.entries(optimizer.hyper((base) => base));
        const hyper = Object.fromEntries(rates.map(([name, rate]) => [name, scalar(rate)]));
        demandNoLeak('An update', () => {
          const next = optimizer.update({ ...inputs, hyper });
          return Object.fromEntries(Object.entries(next.parameters).filter(([path, value]) => value !== inputs.parameters[path]));
        });
        for (const held of [inputs.parameters, inputs.state, inputs.gradients, hyper]) disposeAll(held);
      },
    },
  ];
}

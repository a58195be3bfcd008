import {
  add, corePlugin, createRegistry, eagerProgram, greater, hostTensor, type HostTensors, matMul, mean, movingAverage, mul, type Optimizer, Random, recordStep,
  referenceBackend, square, type Step, sum, useBackend, valueAndGradients, where,
} from '@reidkit/core-tensor'; // prettier-ignore
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxBackend } from './onnx-backend.ts';
import { splitUpdates } from './split-updates.ts';

const { use } = createRegistry(corePlugin);
const backend = onnxBackend({ threads: 1 });
beforeAll(() => useBackend(backend));
afterAll(() => useBackend(referenceBackend));

// Longer than a block, and no multiple of it; small ones, two of which do the same; and one that is too small.
const SHAPES = { a: [300, 257], b: [300, 257], c: [70], d: [5000], e: [31, 3], f: [3] } as const;
const normal = (name: string, shape: readonly number[]) => hostTensor(Random.seed(5).fork(name).normal(shape.reduce((x, y) => x * y, 1)), shape); // prettier-ignore
const parameters = (): HostTensors => Object.fromEntries(Object.entries(SHAPES).map(([name, shape]) => [name, normal(name, shape)]));

const optimizers: Readonly<Record<string, object>> = {
  'optimizer/sgd': { rate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01, dampening: 0 },
  'optimizer/adam': { rate: 0.01, weightDecay: 0.1, amsgrad: true, clip: { norm: 1 } },
  'optimizer/adamw': { rate: 0.01, weightDecay: 0.1, groups: [{ match: 'b', rateFactor: 2, weightDecay: 0 }] },
};

const stepOf =
  (optimizer: Optimizer): Step =>
  ({ parameters: values, state, batch, hyper }) => {
    const { value, gradients } = valueAndGradients(
      ({ a, b, c, d, e, f }) => ({
        value: add(
          mean(square(matMul(batch.x!, mul(a!, b!)))),
          add(add(mean(square(c!)), mean(mul(d!, square(d!)))), add(mean(square(e!)), mean(square(f!)))),
        ),
        rest: {},
      }),
      values,
    );
    const updated = optimizer.update({ parameters: values, gradients, state, hyper });
    const averages = movingAverage({ a: state['average.a']! }, updated.parameters, 0.9);
    const isDue = greater(hyper.update!, 0.5);
    return {
      parameters: { ...updated.parameters, d: where(isDue, updated.parameters.d!, values.d!) },
      state: { ...updated.state, 'average.a': averages.a! },
      losses: { value, size: sum(square(updated.parameters.b!)) },
    };
  };

describe.each(Object.entries(optimizers))('updates by %s', (name, options) => {
  const optimizer = use<Optimizer>({ use: name, options });
  const values = () => ({ parameters: parameters(), state: { ...optimizer.init(SHAPES), 'average.a': normal('a', SHAPES.a) } });

  it('are the same on arrays that were given away, which then hold the new numbers, and which may come twice', async () => {
    const [given, kept] = [values(), values()];
    const once = given.parameters.c!.data.buffer;
    const call = { batch: { x: normal('x', [2, 300]) }, hyper: { ...optimizer.hyper((rate) => rate), update: 1 } };
    const [mine, theirs] = [{ ...given, isGivenAway: true }, kept].map((start) => backend.makeProgram(stepOf(optimizer), start));
    for (const program of [mine!, theirs!]) await program.run(call);
    const [a, b] = [await mine!.view(), await theirs!.read()];
    expect(a).toEqual(b);
    expect(a.parameters.c!.data.buffer === once).toBe(true);
    expect(kept.parameters.c!.data).toEqual(parameters().c!.data);
    const average = given.parameters.a!;
    const shared = backend.makeProgram(stepOf(optimizer), { parameters: { ...parameters(), a: average }, state: { ...values().state, 'average.a': average }, isGivenAway: true }); // prettier-ignore
    await shared.run(call);
    const { parameters: next, state } = await shared.view();
    expect(next.a!.data.buffer === state['average.a']!.data.buffer).toBe(false);
  });

  it('block by block are those of the reference, in place, with the arrays that were given left alone', async () => {
    const given = values();
    const first = given.parameters.a!.data.slice();
    const mine = backend.makeProgram(stepOf(optimizer), given);
    const reference = eagerProgram(stepOf(optimizer), values());
    const before = await mine.read();
    for (let i = 0; i < 3; i++) {
      const call = { batch: { x: normal(`x${i}`, [2, 300]) }, hyper: { ...optimizer.hyper((rate) => rate), update: i % 2 } };
      const [a, b] = [await mine.run(call), await reference.run(call)];
      expect(a.losses.value! / b.losses.value!).toBeCloseTo(1, 5);
      expect(a.losses.size! / b.losses.size!).toBeCloseTo(1, 5);
    }
    const [a, b] = [await mine.read(), await reference.read()];
    for (const group of ['parameters', 'state'] as const) {
      for (const [key, { data }] of Object.entries(b[group])) {
        const got = a[group][key]!.data;
        const worst = Array.from(data, (value, i) => Math.abs(got[i]! - value)).reduce((most, each) => Math.max(most, each), 0);
        expect([key, worst < 2e-5]).toEqual([key, true]);
      }
    }
    expect(given.parameters.a!.data).toEqual(first);
    expect(before.parameters.a!.data).toEqual(first);
    expect(a.parameters.a!.data).not.toEqual(first);
    mine.dispose();
    reference.dispose();
  });

  it('are taken out of the step where nothing else needs them', () => {
    const specs = (tensors: HostTensors) =>
      Object.fromEntries(Object.entries(tensors).map(([key, { shape, dtype }]) => [key, { shape, dtype }]));
    const { parameters: own, state } = values();
    const hyper = [...Object.keys(optimizer.hyper((rate) => rate)), 'update'];
    const signature = { parameters: specs(own), state: specs(state), batch: specs({ x: normal('x', [2, 300]) }), hyper, draws: false };
    const { graph } = recordStep(stepOf(optimizer), signature);
    const { main, updates } = splitUpdates(graph);
    const taken = updates.flatMap(({ outputs }) => outputs.map(([key]) => key));
    // The size of the new b is a loss: b's update is part of the step itself.
    expect(taken).toEqual(expect.arrayContaining(['parameters.a', 'parameters.d', 'state.average.a']));
    expect(taken).not.toContain('parameters.b');
    expect(taken).not.toContain('parameters.f');
    expect(Object.keys(main.outputs.parameters).sort()).toEqual(['b', 'f']);
    expect(updates.find(({ outputs }) => outputs.some(([key]) => key === 'parameters.a'))!.outputs.map(([key]) => key)).toContain(
      'state.average.a',
    );
  });
});

it('a step may be an update and nothing else', async () => {
  const step: Step = ({ state }) => ({ state: { average: mul(state.average!, 0.5) } });
  const program = backend.makeProgram(step, { parameters: {}, state: { average: hostTensor(new Float32Array(40).fill(4), [40]) } });
  await program.run({ batch: {} });
  await program.run({ batch: {} });
  expect([...(await program.read()).state.average!.data]).toEqual(Array<number>(40).fill(1));
  program.dispose();
});

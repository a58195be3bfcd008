import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from './backend.ts';
import { hostTensor } from './host-tensor.ts';
import { linear } from './ops/linear.ts';
import { adam } from './optim/adam.ts';
import { Random } from './random.ts';
import { eagerProgram, valueAndGradients, type Step } from './step.ts';
import { add, keep, mean, mul, square, sub, sum, tanh, tensor, tensorMemory, type Tensors } from './tensor.ts';

beforeAll(() => useBackend(referenceBackend));

const numbers = (name: string, ...shape: number[]) =>
  hostTensor(
    Random.seed(2)
      .fork(name)
      .normal(shape.reduce((product, length) => product * length, 1)),
    shape,
  );
const optimizer = adam.build(adam.options.parse({ rate: 0.1 }), () => undefined as never);

/** Learns `y` from `x` with noise on the input; the mean output is state. */
const learning: Step = ({ parameters, state, batch, draws, hyper }) => {
  const { mean: running, ...moments } = state;
  const { value, gradients, rest } = valueAndGradients((values) => {
    const y = tanh(linear(add(batch.x!, mul(draws.normal([4, 3]), 0.01)), values.weight!));
    return { value: mean(square(sub(y, batch.y!))), rest: { y } };
  }, parameters);
  const next = optimizer.update({ parameters, gradients, state: moments, hyper });
  return {
    parameters: next.parameters,
    state: { ...next.state, mean: add(mul(running!, 0.9), mul(mean(rest.y), 0.1)) },
    losses: { loss: value },
    outputs: rest,
  };
};
const start = () => ({
  parameters: { weight: numbers('weight', 2, 3) },
  state: { ...optimizer.init({ weight: [2, 3] }), mean: hostTensor([0], []) },
});
const call = (step: number) => ({
  batch: { x: numbers('x', 4, 3), y: numbers('y', 4, 2) },
  random: Random.seed(3).fork(step),
  hyper: optimizer.hyper((base) => base),
});

describe('eagerProgram', () => {
  it('runs a step on parameters and state that it keeps', async () => {
    const program = eagerProgram(learning, start());
    const losses: number[] = [];
    for (let i = 0; i < 20; i++) losses.push((await program.run(call(i))).losses.loss!);
    expect(losses.at(-1)).toBeLessThan(0.7 * losses[0]!);
    const { outputs } = await program.run(call(20));
    expect(outputs.y!.shape).toEqual([4, 2]);
    const { parameters, state } = await program.read();
    expect(parameters.weight).not.toEqual(start().parameters.weight);
    expect(state.mean!.data[0]).not.toBe(0);
    program.dispose();
  });

  it('gives the same bits from the same start, and leaves the numbers it was given', async () => {
    const values = start();
    const run = async () => {
      const program = eagerProgram(learning, values);
      for (let i = 0; i < 5; i++) await program.run(call(i));
      const held = await program.read();
      program.dispose();
      return held;
    };
    expect(await run()).toEqual(await run());
    expect(values).toEqual(start());
  });

  it('goes on from what it read as if it had never stopped', async () => {
    const whole = eagerProgram(learning, start());
    for (let i = 0; i < 6; i++) await whole.run(call(i));
    const first = eagerProgram(learning, start());
    for (let i = 0; i < 3; i++) await first.run(call(i));
    const saved = structuredClone(await first.read());
    const second = eagerProgram(learning, saved);
    for (let i = 3; i < 6; i++) await second.run(call(i));
    expect(await second.read()).toEqual(await whole.read());
    for (const program of [whole, first, second]) program.dispose();
  });

  it('leaks nothing over 100 steps', async () => {
    const before = tensorMemory().numTensors;
    const program = eagerProgram(learning, start());
    await program.run(call(0));
    const running = tensorMemory().numTensors;
    for (let i = 1; i < 100; i++) await program.run(call(i));
    expect(tensorMemory().numTensors).toBe(running);
    program.dispose();
    expect(tensorMemory().numTensors).toBe(before);
  });

  it('passes values from name to name: queues, swaps, and the old parameters', async () => {
    const shifting: Step = ({ parameters, state, batch }) => ({
      parameters: { w: add(parameters.w!, 1) },
      state: { newest: batch.x!, middle: state.newest!, oldest: state.middle!, twin: parameters.w!, a: state.b!, b: state.a! },
      outputs: { before: parameters.w!, sameBefore: parameters.w!, oldest: state.oldest! },
      losses: { a: state.a! },
    });
    const names = ['newest', 'middle', 'oldest', 'twin', 'a', 'b'];
    const program = eagerProgram(shifting, {
      parameters: { w: hostTensor([10], []) },
      state: Object.fromEntries(names.map((name, i) => [name, hostTensor([i], [])])),
    });
    const held = tensorMemory().numTensors;
    const first = await program.run({ batch: { x: hostTensor([100], []) } });
    expect(Object.values(first.outputs).map(({ data }) => data[0])).toEqual([10, 10, 2]);
    expect(first.losses.a).toBe(4);
    const second = await program.run({ batch: { x: hostTensor([200], []) } });
    expect(second.outputs.before!.data[0]).toBe(11);
    const { parameters, state } = await program.read();
    expect(parameters.w!.data[0]).toBe(12);
    expect(names.map((name) => state[name]!.data[0])).toEqual([200, 100, 0, 11, 4, 5]);
    expect(tensorMemory().numTensors).toBe(held);
    program.dispose();
  });

  it('changes nothing when a step throws', async () => {
    const program = eagerProgram((inputs) => {
      const result = learning(inputs);
      if (inputs.hyper.fail) throw new Error('stopped in the middle');
      return result;
    }, start());
    const before = tensorMemory().numTensors;
    await expect(program.run({ ...call(0), hyper: { ...call(0).hyper, fail: 1 } })).rejects.toThrow('stopped in the middle');
    expect(await program.read()).toEqual({ ...start() });
    expect(tensorMemory().numTensors).toBe(before);
    program.dispose();
  });

  it('refuses draws that the call did not provide', async () => {
    const program = eagerProgram(learning, start());
    await expect(program.run({ ...call(0), random: undefined as never })).rejects.toThrow(
      'A step drew random numbers, but its call gave none.',
    );
    program.dispose();
  });
});

describe('valueAndGradients', () => {
  const x = (): Tensors => ({ x: tensor([1, 2, 3]), unused: tensor([1]), whole: tensor([1, 2, 3], [3], 'float32') });

  it('gives the value, gradients by name, and the rest', () => {
    const { value, gradients, rest } = valueAndGradients(({ x: v }) => {
      const squares = square(v!);
      return { value: sum(squares), rest: { squares } };
    }, x());
    expect(value.dataSync()[0]).toBe(14);
    expect([...gradients.x!.dataSync()]).toEqual([2, 4, 6]);
    expect([...rest.squares.dataSync()]).toEqual([1, 4, 9]);
  });

  it('has no gradient for what does not matter', () => {
    const { gradients } = valueAndGradients(({ x: v }) => ({ value: sum(v!), rest: {} }), x());
    expect(Object.keys(gradients)).toEqual(['x']);
    const constant = valueAndGradients(() => ({ value: tensor([3]), rest: {} }), x());
    expect([constant.gradients, constant.value.shape]).toEqual([{}, []]);
  });

  it('refuses a value that is no scalar', () => {
    expect(() => valueAndGradients(({ x: v }) => ({ value: v!, rest: {} }), x())).toThrow(
      'A gradient needs a scalar value, got shape [3].',
    );
  });

  it('frees everything but what it gives', () => {
    const inputs = x();
    const before = tensorMemory().numTensors;
    const { value, gradients, rest } = valueAndGradients(
      ({ x: v }) => ({ value: sum(mul(square(v!), 2)), rest: { twice: mul(v!, 2) } }),
      inputs,
    );
    expect(tensorMemory().numTensors).toBe(before + 3);
    for (const given of [value, ...Object.values(gradients), ...Object.values(rest)]) given.dispose();
    expect(tensorMemory().numTensors).toBe(before);
  });

  it('gives a variable back that is its own rest', () => {
    const v = keep(tensor([2]));
    const { rest } = valueAndGradients((given) => ({ value: sum(given.v!), rest: { same: given.v! } }), { v });
    rest.same.dispose();
    expect([...v.dataSync()]).toEqual([2]);
    v.dispose();
  });
});

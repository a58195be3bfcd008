import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { hostTensor, type HostTensor } from '../host-tensor.ts';
import { Random } from '../random.ts';
import { valueAndGradients } from '../step.ts';
import { gradientFaults } from '../testing/finite-differences.ts';
import { matMul, sum, tensor, toTensors } from '../tensor.ts';
import { linear } from './linear.ts';

beforeAll(() => useBackend(referenceBackend));

const normal = (name: string, ...shape: number[]): HostTensor =>
  hostTensor(
    Random.seed(1)
      .fork(name)
      .normal(shape.reduce((product, length) => product * length, 1)),
    shape,
  );

describe('linear', () => {
  it.each([[[4]], [[2, 4]], [[2, 3, 4]], [[2, 1, 3, 4]]])('maps the last axis of %j', async (shape) => {
    const inputs = { x: normal('x', ...shape), weight: normal('weight', 5, 4), bias: normal('bias', 5) };
    const { x, weight, bias } = toTensors(inputs);
    const got = linear(x!, weight!, bias!);
    expect(got.shape).toEqual([...shape.slice(0, -1), 5]);
    got.dataSync().forEach((value, i) => {
      const [row, o] = [Math.floor(i / 5), i % 5];
      const want = [0, 1, 2, 3].reduce(
        (total, c) => total + inputs.x.data[row * 4 + c]! * inputs.weight.data[o * 4 + c]!,
        inputs.bias.data[o]!,
      );
      expect(value).toBeCloseTo(want, 5);
    });
    expect(await gradientFaults((v) => linear(v.x!, v.weight!, v.bias!), inputs)).toEqual([]);
    expect(await gradientFaults((v) => linear(v.x!, v.weight!), { x: inputs.x, weight: inputs.weight })).toEqual([]);
  });

  it('has gradients where a broadcast product of tfjs has none', () => {
    const [x, weight] = [tensor(Array(12).fill(1), [2, 2, 3]), tensor(Array(12).fill(1), [4, 3])];
    const value = (f: (x: typeof weight, w: typeof weight) => typeof weight) => () =>
      valueAndGradients(({ x: a, weight: w }) => ({ value: sum(f(a!, w!)), rest: {} }), { x, weight }).gradients;
    expect(value((a, w) => matMul(a, w, false, true))).toThrow('gradient of input');
    expect(value(linear)().weight!.shape).toEqual([4, 3]);
  });

  it('refuses another width', () => {
    expect(() => linear(tensor([[1, 2]]), tensor([[1, 2, 3]]))).toThrow('linear expected [..., 3], got [1, 2].');
  });
});

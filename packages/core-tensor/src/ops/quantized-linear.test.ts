import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { hostTensor } from '../host-tensor.ts';
import { dequantizeRows, quantizeRows, type QuantizeOptions } from '../quantized-matrix.ts';
import { Random } from '../random.ts';
import { compile } from '../record/compile.ts';
import { valueAndGradients } from '../step.ts';
import { mul, sum, tensor, tensorMemory, toTensor } from '../tensor.ts';
import { linear } from './linear.ts';
import { quantizedLinear } from './quantized-linear.ts';

beforeAll(() => useBackend(referenceBackend));

const normal = (name: string, ...shape: number[]) => hostTensor(Random.seed(5).fork(name).normal(shape.reduce((a, b) => a * b, 1)), shape); // prettier-ignore

const expectClose = (got: ArrayLike<number>, expected: ArrayLike<number>): void => {
  expect(got.length).toBe(expected.length);
  Array.from(expected).forEach((value, i) => expect(got[i]).toBeCloseTo(value, 4));
};

describe.each<QuantizeOptions>([{ block: 32 }, { block: 16, bits: 4 }])('quantizedLinear %j', (options) => {
  const weight = quantizeRows(normal('w', 5, 64), options);
  const bias = normal('b', 5);

  it('is the product with the numbers that the weight stands for, over any leading axes, and leaves nothing else', () => {
    const x = toTensor(normal('x', 2, 3, 64));
    const expected = linear(x, toTensor(dequantizeRows(weight)), toTensor(bias));
    const before = tensorMemory().numTensors;
    const y = quantizedLinear(x, weight, toTensor(bias));
    expect(tensorMemory().numTensors).toBe(before + 2); // the result and the bias
    expect(y.shape).toEqual([2, 3, 5]);
    expectClose(y.dataSync(), expected.dataSync());
    const plain = quantizedLinear(toTensor(normal('x', 2, 64)), weight);
    expectClose(plain.dataSync(), linear(toTensor(normal('x', 2, 64)), toTensor(dequantizeRows(weight))).dataSync());
  });

  it('has the gradients of that product', () => {
    const variables = { x: toTensor(normal('x', 3, 64)), bias: toTensor(bias) };
    const scale = toTensor(normal('dy', 3, 5));
    const dense = toTensor(dequantizeRows(weight));
    const gradients = (f: (v: typeof variables) => ReturnType<typeof linear>) =>
      valueAndGradients((v) => ({ value: sum(mul(f(v as typeof variables), scale)), rest: {} }), variables).gradients;
    const mine = gradients((v) => quantizedLinear(v.x, weight, v.bias));
    const expected = gradients((v) => linear(v.x, dense, v.bias));
    expectClose(mine.x!.dataSync(), expected.x!.dataSync());
    expectClose(mine.bias!.dataSync(), expected.bias!.dataSync());
  });

  it('in a compiled step has its weight in the graph, and nothing is captured from outside', async () => {
    const captured: unknown[] = [];
    const step = compile(({ batch }) => ({ outputs: { y: quantizedLinear(batch.x!, weight) } }), {
      backend: referenceBackend,
      onCapture: (tensors) => captured.push(...tensors),
    });
    const x = normal('x', 2, 64);
    const { outputs } = await step.program({ parameters: {} }).run({ batch: { x } });
    expectClose(outputs.y!.data, linear(toTensor(x), toTensor(dequantizeRows(weight))).dataSync());
    expect(captured).toEqual([]);
  });
});

it('quantizedLinear refuses rows of another width', () => {
  const weight = quantizeRows(normal('w', 5, 64), { block: 32 });
  expect(() => quantizedLinear(tensor([1, 2]), weight)).toThrow('quantizedLinear expected [..., 64], got [2].');
});

import { engine, registerKernel, unregisterKernel } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { valueAndGradients } from '../step.ts';
import { add, mul, square, sum, tensor, tensorMemory } from '../tensor.ts';
import { fused } from './fused.ts';

beforeAll(() => useBackend(referenceBackend));

const cube = fused({
  name: 'ReidTestCube',
  composite: ({ x }, { factor }) => [mul(mul(square(x!), x!), factor as number), square(x!)],
  saves: { inputs: ['x'], outputs: [false, true] },
  gradient: ({ gradients, inputs, outputs, attributes }) => {
    expect(Object.keys(inputs)).toEqual(['x']);
    return { x: mul(mul(outputs[0]!, 3 * (attributes.factor as number)), gradients[0]!) };
  },
});

describe('a fused operation', () => {
  it('is its composite where the engine has no kernel, with the gradient given for it', () => {
    const x = tensor([1, 2]);
    expect([...cube({ x }, { factor: 2 })[0]!.dataSync()]).toEqual([2, 16]);
    const { gradients } = valueAndGradients((v) => ({ value: sum(cube({ x: v.x! }, { factor: 2 })[0]!), rest: {} }), { x });
    expect([...gradients.x!.dataSync()]).toEqual([6, 24]);
  });

  it('is the kernel of the engine where it has one', () => {
    registerKernel({ kernelName: 'ReidTestOwn', backendName: 'cpu', kernelFunc: ({ inputs }) => add(inputs.x as never, 100) });
    const own = fused({ name: 'ReidTestOwn', composite: ({ x }) => [x!] });
    expect([...own({ x: tensor([1]) })[0]!.dataSync()]).toEqual([101]);
    unregisterKernel('ReidTestOwn', 'cpu');
  });

  it('makes gradients of inputs only when they are asked for', () => {
    const asked: string[] = [];
    const product = fused({
      name: 'ReidTestProduct',
      composite: ({ a, b }) => [mul(a!, b!)],
      saves: { inputs: ['a', 'b'] },
      gradient: ({ gradients, inputs }) => ({
        a: () => (asked.push('a'), mul(gradients[0]!, inputs.b!)),
        b: () => (asked.push('b'), mul(gradients[0]!, inputs.a!)),
      }),
    });
    const b = tensor([3]);
    const { gradients } = valueAndGradients(({ a }) => ({ value: sum(product({ a: a!, b })[0]!), rest: {} }), { a: tensor([2]) });
    expect([gradients.a!.dataSync()[0], asked]).toEqual([3, ['a']]);
  });

  it('leaves nothing but its outputs', () => {
    const x = tensor([1, 2]);
    const before = tensorMemory().numTensors;
    const outputs = cube({ x }, { factor: 1 });
    expect(tensorMemory().numTensors).toBe(before + 2);
    for (const output of outputs) output.dispose();
    expect(engine().state.numTensors).toBe(before);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from './backend.ts';
import { hostTensor } from './host-tensor.ts';
import { Module, disposeModule, initializeParameters, namedParameters } from './module.ts';
import { parameter, zerosInit } from './parameter.ts';
import { Random } from './random.ts';
import { valueAndGradients } from './step.ts';
import {
  add,
  disposeAll,
  keep,
  mul,
  readTensor,
  readTensorSync,
  readTensors,
  scoped,
  square,
  sum,
  tensor,
  tensorMemory,
  toTensor,
  toTensors,
} from './tensor.ts';

beforeAll(() => useBackend(referenceBackend));

describe('tensors and host tensors', () => {
  it('go there and back, of every type', async () => {
    const values = { x: hostTensor([1.5, -2], [2, 1]), n: hostTensor([7, -1, 2], [3], 'int32'), b: hostTensor([0, 1], [1, 2], 'bool') };
    const tensors = toTensors(values);
    expect(Object.values(tensors).map(({ dtype }) => dtype)).toEqual(['float32', 'int32', 'bool']);
    expect(await readTensors(tensors)).toEqual(values);
    expect(readTensorSync(tensors.n!)).toEqual(values.n);
    disposeAll(tensors);
    expect(Object.values(tensors).every(({ isDisposed }) => isDisposed)).toBe(true);
  });

  it('do not hold texts', async () => {
    await expect(readTensor(tensor(['a']))).rejects.toThrow(
      'A tensor of string cannot be read into a host tensor; it takes float32, int32 and bool.',
    );
  });
});

describe('scoped', () => {
  it('frees what is not returned, in records inside records too', () => {
    const before = tensorMemory().numTensors;
    const { a, more } = scoped(() => {
      const x = tensor([1, 2]);
      return { a: square(x), more: { b: [add(x, 1)] } };
    });
    expect(tensorMemory().numTensors).toBe(before + 2);
    a.dispose();
    more.b[0]!.dispose();
  });

  it('frees everything when it throws, and keeps what was kept', () => {
    const before = tensorMemory().numTensors;
    let kept: ReturnType<typeof tensor> | undefined;
    expect(() =>
      scoped(() => {
        kept = keep(tensor([3]));
        mul(tensor([1]), 2);
        throw new Error('no');
      }),
    ).toThrow('no');
    expect([tensorMemory().numTensors, kept!.isDisposed]).toEqual([before + 1, false]);
    kept!.dispose();
  });
});

describe('traps of tfjs', () => {
  it('gradients are there: importing the core is enough', () => {
    const x = tensor([3]);
    const { gradients } = valueAndGradients((v) => ({ value: sum(square(v.x!)), rest: {} }), { x });
    expect([...gradients.x!.dataSync()]).toEqual([6]);
  });

  it('two models of one kind do not meet in a list of global names', () => {
    class Layer extends Module {
      readonly weight = parameter([2], zerosInit);
    }
    const before = tensorMemory().numTensors;
    const models = [new Layer(), new Layer()];
    for (const model of models) initializeParameters(model, Random.seed(1));
    expect(models.map((model) => [...namedParameters(model)].map(([path]) => path))).toEqual([['weight'], ['weight']]);
    expect(tensorMemory().numTensors).toBe(before + 2); // and none of them leaves a stray tensor behind
    for (const model of models) disposeModule(model);
  });

  it('an array that was given is taken over, so nobody may write to it', () => {
    const data = Float32Array.of(1, 2);
    const held = toTensor(hostTensor(data));
    expect(held.dataSync()).toBe(data);
    held.dispose();
  });
});

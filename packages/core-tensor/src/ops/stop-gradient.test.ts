import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { valueAndGradients } from '../step.ts';
import { add, mul, scoped, sqrt, square, sum, tensor, tensorMemory } from '../tensor.ts';
import { stopGradient } from './stop-gradient.ts';

describe('stopGradient', () => {
  beforeAll(() => useBackend(referenceBackend));

  it('gives the same numbers and no gradient', () => {
    scoped(() => {
      const x = tensor([2, 3]);
      const { value, gradients } = valueAndGradients(({ x }) => ({ value: sum(mul(stopGradient(square(x!)), x!)), rest: {} }), { x });
      expect(value.dataSync()[0]).toBe(35);
      expect([...gradients.x!.dataSync()]).toEqual([4, 9]);
    });
  });

  it('keeps the infinite slope of what it stops away from the rest', () => {
    scoped(() => {
      const x = tensor([0, 4]);
      const { gradients } = valueAndGradients(({ x }) => ({ value: sum(add(stopGradient(sqrt(x!)), x!)), rest: {} }), { x });
      expect([...gradients.x!.dataSync()]).toEqual([1, 1]);
    });
  });

  it('leaves no tensor behind', () => {
    const before = tensorMemory().numTensors;
    scoped(() => stopGradient(tensor([1])).dispose());
    scoped(() => valueAndGradients(({ x }) => ({ value: sum(mul(stopGradient(x!), x!)), rest: {} }), { x: tensor([1]) }).value.dataSync());
    expect(tensorMemory().numTensors).toBe(before);
  });
});

import { createRegistry, hostTensor, log, Random, referenceBackend, scoped, sub, tensor, useBackend, valueAndGradients, type Loss, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { lossConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { maskCrossEntropyLoss, maskDifferenceLoss, maskOverlapLoss } from './part-masks.ts';
import { lossesPlugin } from './plugin.ts';

beforeAll(() => useBackend(referenceBackend));

const registry = createRegistry(lossesPlugin);
const shape = [1, 1, 1, 4];
const logitsOf = (probabilities: readonly number[]): Tensor => {
  const p = tensor([...probabilities], shape);
  return sub(log(p), log(sub(1, p)));
};
const value = (f: () => Tensor): number => scoped(() => f().dataSync()[0]!);

describe('mask losses', () => {
  const probabilities = [0.9, 0.6, 0.2, 0.1];
  const masks = (): Tensor => tensor([1, 1, 0, 0], [1, 1, 4]);
  const nothing = (): Tensor => tensor([0, 0, 0, 0], [1, 1, 2, 2]);

  it('give the numbers of four patches, worked out by hand', () => {
    expect(value(() => maskCrossEntropyLoss(logitsOf(probabilities), masks()))).toBeCloseTo(0.2361726, 6);
    expect(value(() => maskOverlapLoss(logitsOf(probabilities), masks()))).toBeCloseTo(0.2104709, 6);
    expect(value(() => maskOverlapLoss(logitsOf(probabilities), masks(), { sums: 'patch' }))).toBeCloseTo(0.5756579, 6);
    expect(value(() => maskDifferenceLoss(logitsOf(probabilities), masks()))).toBeCloseTo((0.01 + 0.16 + 0.04 + 0.01) / 4, 6);
  });

  it('punish guesses where there is nothing by region, and not at all patch by patch', () => {
    const guesses = [0.01, 0.01, 0.01, 0.01];
    expect(value(() => maskOverlapLoss(logitsOf(guesses), nothing()))).toBeCloseTo(0.9756098, 6);
    const { value: patch, gradients } = scoped(() =>
      valueAndGradients(({ x }) => ({ value: maskOverlapLoss(x!, nothing(), { sums: 'patch' }), rest: {} }), { x: logitsOf(guesses) }),
    );
    expect(patch.dataSync()[0]).toBe(1);
    expect([...gradients.x!.dataSync()]).toEqual([0, 0, 0, 0]);
  });

  it('leave parts without a mask out, and are 0 when there is none', () => {
    const logits = tensor(Random.seed(1).normal(16), [1, 2, 2, 4]);
    const wanted = tensor([1, 0, 0, 1, 0, 1, 1, 1], [1, 2, 4]);
    const first = tensor([...Array.from(logits.dataSync().slice(0, 4)), ...Array.from(logits.dataSync().slice(8, 12))], [1, 2, 1, 4]);
    for (const loss of [maskCrossEntropyLoss, maskDifferenceLoss, maskOverlapLoss]) {
      const alone = value(() => loss(first, tensor([1, 0, 0, 1], [1, 1, 4])));
      expect(value(() => loss(logits, wanted, { valid: tensor([1, 0], [1, 2], 'bool') }))).toBeCloseTo(alone, 6);
      expect(value(() => loss(logits, wanted, { valid: tensor([0, 0], [1, 2], 'bool') }))).toBe(0);
    }
  });

  const inputs = {
    logits: hostTensor(Random.seed(2).normal(2 * 2 * 3 * 4), [2, 2, 3, 4]),
    masks: hostTensor(Float32Array.from({ length: 24 }, (_, i) => (i % 3 === 0 ? 1 : 0)), [2, 3, 2, 2]), // prettier-ignore
    valid: hostTensor([1, 1, 0, 1, 1, 1], [2, 3], 'bool'),
  };
  const misshapen = [{ ...inputs, masks: hostTensor(new Float32Array(18), [2, 3, 3, 1]) }];
  describe.each([
    { use: 'loss/mask-cross-entropy' },
    { use: 'loss/mask-difference' },
    { use: 'loss/mask-overlap' },
    { use: 'loss/mask-overlap', options: { sums: 'patch' } },
  ])('%j', (node) => {
    for (const { title, check } of lossConformance(() => registry.use<Loss>(node), { inputs, misshapen, differentiable: ['logits'] }))
      it(title, check);
  });
});

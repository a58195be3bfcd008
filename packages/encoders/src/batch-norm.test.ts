import {
  EVALUATION,
  Random,
  disposeModule,
  hostTensor,
  initializeParameters,
  loadStateDict,
  referenceBackend,
  scoped,
  seededDraws,
  tensor,
  trainingContext,
  useBackend,
  type TrainingContext,
} from '@reidkit/core-tensor';
import { headConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { BatchNorm, isBatchCounter } from './batch-norm.ts';
import { bnneck } from './bnneck.ts';

beforeAll(() => useBackend(referenceBackend));

const training = (): TrainingContext => trainingContext({ draws: seededDraws(Random.seed(1)) });

describe.each([
  ['head/bnneck', () => bnneck({ width: 5 })],
  ['head/bnneck with a bias', () => bnneck({ width: 5 }, { trainsBias: true, epsilon: 1e-3, momentum: 0.5 })],
])('%s', (_name, make) => {
  for (const { title, check } of headConformance(make, { width: 5 })) it(title, check);
});

describe('BatchNorm', () => {
  it('normalises by the batch and follows it with the unbiased variance', () => {
    const norm = new BatchNorm({ width: 1, epsilon: 0.5, momentum: 0.25 });
    initializeParameters(norm, Random.seed(1));
    const ctx = training();
    const [y, mean, variance] = scoped(() => {
      const result = norm.forward(tensor([1, 3, 5], [3, 1]), ctx);
      return [result, ctx.updates.get(norm.running_mean)!, ctx.updates.get(norm.running_var)!].map((value) => [...value.dataSync()]);
    });
    const variation = 8 / 3;
    [-2, 0, 2].forEach((value, i) => expect(y![i]).toBeCloseTo(value / Math.sqrt(variation + 0.5), 6));
    expect(mean![0]).toBeCloseTo(0.25 * 3, 6);
    expect(variance![0]).toBeCloseTo(0.75 + 0.25 * 4, 6);
    disposeModule(norm);
  });

  it('uses the running statistics in evaluation and leaves them alone', () => {
    const norm = bnneck({ width: 2 }, { epsilon: 1e-5 });
    loadStateDict(norm, {
      weight: hostTensor([2, 1]),
      bias: hostTensor([1, 0]),
      running_mean: hostTensor([10, 0]),
      running_var: hostTensor([4, 1]),
    });
    const y = scoped(() => [...norm.forward(tensor([[14, 3]]), EVALUATION).dataSync()]);
    expect(y[0]).toBeCloseTo(5, 4);
    expect(y[1]).toBeCloseTo(3, 4);
    expect([...norm.running_mean.value.dataSync()]).toEqual([10, 0]);
    disposeModule(norm);
  });

  it('refuses a batch of one row in training and takes it in evaluation', () => {
    const norm = bnneck({ width: 3 });
    initializeParameters(norm, Random.seed(1));
    expect(() => scoped(() => norm.forward(tensor([[1, 2, 3]]), training()))).toThrow('more than one value per channel');
    expect(scoped(() => norm.forward(tensor([[1, 2, 3]]), EVALUATION).shape)).toEqual([1, 3]);
    disposeModule(norm);
  });

  it('keeps the bias of a neck out of training unless told otherwise', () => {
    expect([bnneck({ width: 3 }).bias.trainable, bnneck({ width: 3 }, { trainsBias: true }).bias.trainable]).toEqual([false, true]);
  });

  it("knows torch's counters by name", () => {
    expect(['num_batches_tracked', 'bn1.num_batches_tracked', 'bn1.bias'].map(isBatchCounter)).toEqual([true, true, false]);
  });
});

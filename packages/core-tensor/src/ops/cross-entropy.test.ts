import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { hostTensor } from '../host-tensor.ts';
import { Random } from '../random.ts';
import { valueAndGradients } from '../step.ts';
import { gradientFaults } from '../testing/finite-differences.ts';
import { sum, tensor, toTensors } from '../tensor.ts';
import { crossEntropy, smoothedTargets } from './cross-entropy.ts';

beforeAll(() => useBackend(referenceBackend));

const inputs = {
  logits: hostTensor(Random.seed(1).normal(24, 3), [2, 3, 4]),
  targets: hostTensor(Random.seed(2).uniform(24), [2, 3, 4]),
};

describe('crossEntropy', () => {
  it('is minus the sum of target times log softmax, of each row', () => {
    const { logits, targets } = toTensors(inputs);
    const got = crossEntropy(logits!, targets!);
    expect(got.shape).toEqual([2, 3]);
    got.dataSync().forEach((value, row) => {
      const scores = [...inputs.logits.data.slice(row * 4, row * 4 + 4)];
      const log = Math.log(scores.reduce((total, score) => total + Math.exp(score), 0));
      const want = scores.reduce((total, score, c) => total - inputs.targets.data[row * 4 + c]! * (score - log), 0);
      expect(value).toBeCloseTo(want, 4);
    });
  });

  it('has the measured gradients, of logits and targets, also where targets do not sum to 1', async () => {
    expect(await gradientFaults((v) => crossEntropy(v.logits!, v.targets!), inputs)).toEqual([]);
  });

  it('stays finite for large scores', () => {
    const logits = tensor([[1000, -1000]]);
    const { value, gradients } = valueAndGradients((v) => ({ value: sum(crossEntropy(v.logits!, tensor([[0, 1]]))), rest: {} }), {
      logits,
    });
    expect([value.dataSync()[0], ...gradients.logits!.dataSync()]).toEqual([2000, 1, -1]);
  });
});

describe('smoothedTargets', () => {
  it('spreads the smoothing over every class', () => {
    const rows = smoothedTargets(tensor([2, 0], [2], 'int32'), 4, 0.2).dataSync();
    [0.05, 0.05, 0.85, 0.05, 0.85, 0.05, 0.05, 0.05].forEach((want, i) => expect(rows[i]!).toBeCloseTo(want, 6));
    expect([...smoothedTargets(tensor([1], [1], 'int32'), 3).dataSync()]).toEqual([0, 1, 0]);
  });

  it('gives no class to a label outside', () => {
    expect([...smoothedTargets(tensor([-1, 5], [2], 'int32'), 3).dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { hostTensor, type HostTensor } from '../host-tensor.ts';
import { Random } from '../random.ts';
import { valueAndGradients } from '../step.ts';
import { gradientFaults } from '../testing/finite-differences.ts';
import { sum, tensor, toTensor, toTensors, type Tensor } from '../tensor.ts';
import { batchNormInference, batchNormTraining } from './batch-norm.ts';
import { layerNorm } from './layer-norm.ts';
import { normalizeRows } from './normalize.ts';

beforeAll(() => useBackend(referenceBackend));

const normal = (name: string, ...shape: number[]): HostTensor =>
  hostTensor(
    Random.seed(1)
      .fork(name)
      .normal(
        shape.reduce((product, length) => product * length, 1),
        2,
      ),
    shape,
  );
const close = (got: Tensor, want: readonly number[], digits = 5): void => {
  expect(got.size).toBe(want.length);
  got.dataSync().forEach((value, i) => expect(value).toBeCloseTo(want[i]!, digits));
};
const moments = (values: readonly number[]): { mean: number; variance: number } => {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  return { mean, variance: values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length };
};

describe('layerNorm', () => {
  const inputs = { x: normal('x', 2, 3, 5), gamma: normal('gamma', 5), beta: normal('beta', 5) };

  it('brings each row to mean 0 and variance 1, then scales and shifts', () => {
    const { x, gamma, beta } = toTensors(inputs);
    const want = Array.from({ length: 6 }, (_, row) => {
      const values = [...inputs.x.data.slice(row * 5, row * 5 + 5)];
      const { mean, variance } = moments(values);
      return values.map((value, i) => ((value - mean) / Math.sqrt(variance + 1e-2)) * inputs.gamma.data[i]! + inputs.beta.data[i]!);
    }).flat();
    close(layerNorm(x!, gamma!, beta!, 1e-2), want);
  });

  it('has the measured gradients', async () => {
    expect(await gradientFaults((v) => layerNorm(v.x!, v.gamma!, v.beta!, 1e-5), inputs)).toEqual([]);
  });

  it('keeps its epsilon in sight where numbers are small', () => {
    const small = tensor([1e-4, -1e-4], [1, 2]);
    close(
      layerNorm(small, tensor([1, 1]), tensor([0, 0]), 1e-5),
      [1e-4, -1e-4].map((value) => value / Math.sqrt(1e-8 + 1e-5)),
      6,
    );
  });
});

describe('batchNorm', () => {
  const inputs = { x: normal('x', 3, 4, 2, 5), gamma: normal('gamma', 4), beta: normal('beta', 4) };
  const channel = (c: number): number[] => [0, 1, 2].flatMap((b) => [...inputs.x.data.slice((b * 4 + c) * 10, (b * 4 + c) * 10 + 10)]);

  it('takes mean and biased variance of each channel over batch and pixels', () => {
    const { x, gamma, beta } = toTensors(inputs);
    const result = batchNormTraining(x!, gamma!, beta!, 1e-3);
    const statistics = [0, 1, 2, 3].map((c) => moments(channel(c)));
    close(result.mean, statistics.map(({ mean }) => mean)); // prettier-ignore
    close(result.variance, statistics.map(({ variance }) => variance), 4); // prettier-ignore
    const want = Array.from(inputs.x.data, (value, i) => {
      const c = Math.floor(i / 10) % 4;
      const { mean, variance } = statistics[c]!;
      return ((value - mean) / Math.sqrt(variance + 1e-3)) * inputs.gamma.data[c]! + inputs.beta.data[c]!;
    });
    close(result.y, want);
    close(batchNormInference(x!, gamma!, beta!, result.mean, result.variance, 1e-3), want);
  });

  it('normalises descriptors without pixels likewise', () => {
    const x = hostTensor([1, 10, 3, 30], [2, 2]);
    const { y, mean } = batchNormTraining(toTensor(x), tensor([1, 1]), tensor([0, 0]), 0);
    close(mean, [2, 20]);
    close(y, [-1, -1, 1, 1]);
  });

  it('has the measured gradients, in training and in evaluation', async () => {
    expect(await gradientFaults((v) => batchNormTraining(v.x!, v.gamma!, v.beta!, 1e-5).y, inputs)).toEqual([]);
    expect(await gradientFaults((v) => batchNormTraining(v.x!, v.gamma!, v.beta!, 1e-5).y, { ...inputs, x: normal('rows', 5, 4) })).toEqual(
      [],
    );
    const [center, variance] = [tensor([1, 2, 3, 4]), tensor([0.5, 1, 2, 3])];
    expect(await gradientFaults((v) => batchNormInference(v.x!, v.gamma!, v.beta!, center, variance, 1e-5), inputs)).toEqual([]);
  });

  it('refuses a batch without variance', () => {
    expect(() => batchNormTraining(tensor([[1, 2]]), tensor([1, 1]), tensor([0, 0]), 1e-5)).toThrow(
      'batchNorm expected more than one value per channel in training, got [1, 2].',
    );
  });
});

describe('normalizeRows', () => {
  it('gives rows of length 1', () => {
    close(normalizeRows(tensor([3, 4, 0, -5], [2, 2])), [0.6, 0.8, 0, -1]);
  });

  it('has the measured gradient, also for rows of zeros', async () => {
    expect(await gradientFaults((v) => normalizeRows(v.x!), { x: normal('x', 3, 4) })).toEqual([]);
    const { gradients, value } = valueAndGradients(({ x }) => ({ value: sum(normalizeRows(x!, 0.5)), rest: {} }), { x: tensor([[0, 0]]) });
    expect([...gradients.x!.dataSync(), value.dataSync()[0]]).toEqual([2, 2, 0]);
  });
});

import { hostTensor, logSoftmax, Random, referenceBackend, scoped, tensor, useBackend, type Tensor } from '@reidkit/core-tensor';
import { lossConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  crossEntropyComponent,
  crossEntropyLoss,
  crossEntropyOptions,
  crossEntropyRows,
  type CrossEntropyOptions,
} from './cross-entropy.ts';

beforeAll(() => useBackend(referenceBackend));

const [B, C] = [4, 5];
const LABELS = [0, 3, 1, 3];
const logits = Random.seed(1).normal(B * C, 2);
const inputs = {
  logits: hostTensor(logits, [B, C]),
  labels: hostTensor(LABELS, [B], 'int32'),
  valid: hostTensor([1, 1, 0, 1], [B], 'bool'),
};
const labels = (values: readonly number[] = LABELS): Tensor => tensor([...values], [values.length], 'int32');

const lossOf = (options: CrossEntropyOptions = {}, of = LABELS, numbers: ArrayLike<number> = logits): number =>
  scoped(
    () => crossEntropyLoss(tensor(Float32Array.from(numbers), [of.length, numbers.length / of.length]), labels(of), options).dataSync()[0]!,
  );

/** −log softmax, row by row. */
const costs = (): number[][] =>
  scoped(() => {
    const values = logSoftmax(tensor(logits, [B, C])).dataSync();
    return LABELS.map((_, row) => [...values.slice(row * C, (row + 1) * C)].map((value) => -value));
  });

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;

describe.each<[string, CrossEntropyOptions]>([
  ['without smoothing', {}],
  ['with smoothing over all classes', { smoothing: 0.1 }],
  ['with smoothing over the wrong classes', { smoothing: 0.2, spread: 'wrong', average: 'nonzero' }],
])('loss/cross-entropy %s', (_name, options) => {
  const suite = lossConformance(() => crossEntropyComponent.build(crossEntropyOptions.parse(options), () => undefined as never), {
    inputs,
    batchInputs: ['logits', 'labels', 'valid'],
    misshapen: [{ ...inputs, labels: hostTensor([0, 1, 2], [3], 'int32') }],
  });
  for (const { title, check } of suite) it(title, check);
});

describe('crossEntropyLoss', () => {
  it('is the mean cost of the labels', () => {
    expect(lossOf()).toBeCloseTo(mean(costs().map((row, i) => row[LABELS[i]!]!)), 6);
  });

  it('spreads the smoothing over all classes, or over the wrong ones', () => {
    const all = costs().map((row, i) => 0.9 * row[LABELS[i]!]! + 0.1 * mean(row));
    expect(lossOf({ smoothing: 0.1 })).toBeCloseTo(mean(all), 5);
    const wrong = costs().map((row, i) => 0.9 * row[LABELS[i]!]! + 0.1 * mean(row.filter((_, c) => c !== LABELS[i])));
    expect(lossOf({ smoothing: 0.1, spread: 'wrong' })).toBeCloseTo(mean(wrong), 5);
  });

  it('smooths by the probability of the label where that is asked for', () => {
    const adaptive = costs().map((row, i) => {
      const share = 0.5 * Math.exp(-row[LABELS[i]!]!);
      return (1 - share) * row[LABELS[i]!]! + share * mean(row.filter((_, c) => c !== LABELS[i]));
    });
    expect(lossOf({ smoothing: 0.5, adaptive: true, spread: 'wrong' })).toBeCloseTo(mean(adaptive), 5);
  });

  it('does not count rows with a negative label, and is 0 without any', () => {
    const counted = costs().map((row, i) => row[LABELS[i]!]!);
    expect(lossOf({}, [0, -100, 1, -1])).toBeCloseTo(mean([counted[0]!, counted[2]!]), 6);
    expect(lossOf({}, [-1, -1, -1, -1])).toBe(0);
    expect(lossOf({ average: 'nonzero' }, [-1, -1, -1, -1])).toBe(0);
  });

  it('divides by the rows that cost something where that is asked for', () => {
    const sure = [1000, -1000, 0.5, 0.25];
    expect(lossOf({ average: 'nonzero' }, [0, 0], sure)).toBeCloseTo(2 * lossOf({}, [0, 0], sure), 6);
  });

  it('gives the cost of each row, 0 where none is meant', () => {
    const rows = scoped(() => [...crossEntropyRows(tensor(logits, [B, C]), labels([0, -1, 1, 3])).dataSync()]);
    expect(rows.map((value) => value > 0)).toEqual([true, false, true, true]);
    expect(rows[1]).toBe(0);
  });

  it('refuses labels of another number', () => {
    expect(() => scoped(() => crossEntropyLoss(tensor(logits, [B, C]), labels([1, 2])))).toThrow(
      'labels of the cross-entropy expected [4], got [2].',
    );
  });
});

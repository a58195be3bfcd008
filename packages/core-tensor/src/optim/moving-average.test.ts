import { beforeAll, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { tensor } from '../tensor.ts';
import { movingAverage } from './moving-average.ts';

beforeAll(() => useBackend(referenceBackend));

it('movingAverage follows the values slowly, name by name', () => {
  const averages = { a: tensor([1, 2]), b: tensor(0) };
  const next = movingAverage(averages, { a: tensor([3, 0]), b: tensor(10), other: tensor(1) }, 0.9);
  expect(Object.keys(next)).toEqual(['a', 'b']);
  [1.2, 1.8].forEach((want, i) => expect(next.a!.dataSync()[i]).toBeCloseTo(want, 6));
  expect(next.b!.dataSync()[0]).toBeCloseTo(1, 6);
});

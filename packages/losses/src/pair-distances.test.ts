import { hostTensor, Random, referenceBackend, scoped, square, sum, tensor, useBackend, valueAndGradients } from '@reidkit/core-tensor';
import { gradientFaults } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { cosineDistances, euclidDistances, squaredDistances } from './pair-distances.ts';

beforeAll(() => useBackend(referenceBackend));

const ROWS = [
  [3, 0, 4],
  [0, 0, 0],
  [3, 0, 4],
  [0, 5, 0],
];
const rows = (): ReturnType<typeof tensor> => tensor(ROWS);

describe('squaredDistances', () => {
  it('gives every pair', () => {
    const matrix = scoped(() => [...squaredDistances(rows()).dataSync()]);
    expect(matrix.map((value) => Math.round(value))).toEqual([0, 25, 0, 50, 25, 0, 25, 25, 0, 25, 0, 50, 50, 25, 50, 0]);
  });

  it('keeps equal rows at the least distance however long they are', () => {
    const row = Random.seed(1).normal(300, 40);
    const matrix = scoped(() => [...squaredDistances(tensor([...row, ...row], [2, 300])).dataSync()]);
    expect(matrix.every((value) => value === Math.fround(1e-12))).toBe(true);
  });

  it('refuses what is no matrix', () => {
    expect(() => scoped(() => squaredDistances(tensor([1, 2, 3])))).toThrow('pairwise distances expected [B, D], got [3].');
  });
});

describe('euclidDistances', () => {
  it('is the root, with a finite gradient between equal rows', () => {
    const { matrix, gradient } = scoped(() => {
      const { gradients, rest } = valueAndGradients(
        ({ x }) => {
          const distances = euclidDistances(x!);
          return { value: sum(distances), rest: { distances } };
        },
        { x: rows() },
      );
      return { matrix: [...rest.distances.dataSync()], gradient: [...gradients.x!.dataSync()] };
    });
    expect(matrix[1]).toBeCloseTo(5, 6);
    expect(matrix[2]).toBeCloseTo(1e-6, 9);
    expect(gradient.every(Number.isFinite)).toBe(true);
  });
});

describe('cosineDistances', () => {
  it('is 0 along one direction, 2 across and 4 against, whatever the lengths', () => {
    const matrix = scoped(() => [...cosineDistances(tensor([[1, 0], [7, 0], [0, 0.1], [-3, 0]])).dataSync()]); // prettier-ignore
    expect(matrix.slice(0, 4)).toEqual([0, 0, 2, 4]);
  });
});

describe.each(Object.entries({ squaredDistances, euclidDistances, cosineDistances }))('%s', (_name, distances) => {
  it('has the gradient that differences measure', async () => {
    const x = hostTensor(Random.seed(2).normal(4 * 3), [4, 3]);
    expect(await gradientFaults(({ x }) => sum(square(distances(x!))), { x })).toEqual([]);
  });
});

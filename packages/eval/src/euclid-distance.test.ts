import { hostTensor, type MatrixProduct } from '@reidkit/core-tensor/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { euclidDistance } from './euclid-distance.ts';
import { euclidScorer } from './euclid-scorer.ts';

/** The product rounded as a float32 library rounds it: the sum is kept in float32. */
const float32Product: MatrixProduct = {
  name: 'float32',
  multiply(a, b) {
    const [m, d] = a.shape as [number, number];
    const n = b.shape[0]!;
    return Float32Array.from({ length: m * n }, (_, position) => {
      let sum = 0;
      const [i, j] = [Math.floor(position / n), position % n];
      for (let k = 0; k < d; k++) sum = Math.fround(sum + a.data[i * d + k]! * b.data[j * d + k]!);
      return sum;
    });
  },
};

const squareOf = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, value, k) => sum + (value - y[k]!) ** 2, 0);
const random = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.fround(Math.sin(seed + i * 12.9898) * 3));

describe('euclidDistance', () => {
  const x = hostTensor([0, 0, 3, 4], [2, 2]);
  const y = hostTensor([3, 4, 0, 0, 6, 8], [3, 2]);

  it('is the root of summed squares, 1e-6 for equal rows', async () => {
    const distances = await euclidDistance(x, y);
    [5, 1e-6, 10, 1e-6, 5, 5].forEach((value, i) => expect(distances[i]).toBeCloseTo(value, 6));
    expect([...(await euclidDistance(x, y, { squared: true }))]).toEqual([25, 0, 100, 0, 25, 25]);
  });

  it('is 2 − 2 cos for normalised rows', async () => {
    const distances = await euclidDistance(hostTensor([2, 0], [1, 2]), hostTensor([5, 0, 0, 1, -1, 0, 3, 4], [4, 2]), {
      squared: true,
      normalize: true,
    });
    [0, 2, 4, 0.8].forEach((value, i) => expect(distances[i]).toBeCloseTo(value, 6));
  });

  it('keeps near duplicates far from the origin apart, with a product in float32', async () => {
    const [m, n, d] = [5, 20, 64];
    const centres = Array.from({ length: m }, (_, i) => random(d, i * 1000).map((value) => Math.fround(value * 150)));
    const rows = Array.from({ length: n }, (_, j) =>
      centres[j % m]!.map((value, k) => Math.fround(value + random(d, 77 * j)[k]! * 0.01 * (1 + Math.floor(j / m)))),
    );
    const distances = await euclidDistance(hostTensor(centres.flat(), [m, d]), hostTensor(rows.flat(), [n, d]), {
      squared: true,
      product: float32Product,
    });
    centres.forEach((centre, i) => {
      rows.forEach((row, j) => {
        const exact = squareOf(centre, row);
        expect(Math.abs(distances[i * n + j]! - exact)).toBeLessThanOrEqual(1e-3 * exact);
      });
    });
  });

  it('takes a common mean off, with and without normalisation', async () => {
    const [n, d] = [12, 16];
    const rows = Array.from({ length: n }, (_, j) => random(d, 31 * j).map((value) => Math.fround(100 + value)));
    const matrix = hostTensor(rows.flat(), [n, d]);
    for (const normalize of [false, true]) {
      const distances = await euclidDistance(matrix, matrix, { squared: true, normalize, product: float32Product });
      const unit = rows.map((row) => row.map((value) => value / (normalize ? Math.hypot(...row) : 1)));
      unit.forEach((a, i) =>
        unit.forEach((b, j) => expect(Math.abs(distances[i * n + j]! - squareOf(a, b))).toBeLessThanOrEqual(1e-4 * squareOf(a, b))),
      );
    }
  });

  it('is symmetric and never negative', async () => {
    const value = fc.integer({ min: -1_000_000, max: 1_000_000 }).map((whole) => whole / 1024);
    const rows = fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(rows, async (points) => {
        const n = points.length;
        const matrix = hostTensor(points.flat(), [n, 3]);
        const distances = await euclidDistance(matrix, matrix, { squared: true });
        for (let i = 0; i < n; i++) {
          expect(distances[i * n + i]).toBe(0);
          for (let j = 0; j < n; j++) {
            expect(distances[i * n + j]).toBeGreaterThanOrEqual(0);
            expect(Math.abs(distances[i * n + j]! - distances[j * n + i]!)).toBeLessThanOrEqual(1e-3 * distances[i * n + j]!);
          }
        }
      }),
    );
  });
});

describe('scorer/euclid', () => {
  it('names what it computes', () => {
    expect(euclidScorer({ squared: true, normalize: true }).name).toBe('squared euclid, normalised');
    expect(euclidScorer().name).toBe('euclid');
  });
});

import { hostTensor } from '@reidkit/core-tensor/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { javascriptProduct } from './javascript-product.ts';

describe('javascriptProduct', () => {
  it('agrees with the definition for sizes that do and do not fill its tiles', () => {
    const sizes = fc.record({ m: fc.integer({ min: 0, max: 9 }), n: fc.integer({ min: 1, max: 9 }), d: fc.integer({ min: 1, max: 5 }) });
    fc.assert(
      fc.property(sizes, ({ m, n, d }) => {
        const a = Float32Array.from({ length: m * d }, (_, i) => ((i * 7) % 11) - 5);
        const b = Float32Array.from({ length: n * d }, (_, i) => ((i * 5) % 13) - 6);
        const expected = Array.from({ length: m * n }, (_, position) => {
          const [i, j] = [Math.floor(position / n), position % n];
          return Array.from({ length: d }, (_, k) => a[i * d + k]! * b[j * d + k]!).reduce((sum, value) => sum + value, 0);
        });
        const out = new Float32Array(m * n + 3).fill(9);
        const result = javascriptProduct.multiply(hostTensor(a, [m, d]), hostTensor(b, [n, d]), out) as Float32Array;
        expect([...result].map((value) => value + 0)).toEqual(expected.map((value) => value + 0));
        expect([...out.subarray(m * n)]).toEqual([9, 9, 9]);
      }),
    );
  });
});

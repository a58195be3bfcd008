import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostTensor } from './host-tensor.ts';
import { dequantizeRows, type QuantizeOptions, quantizeRows } from './quantized-matrix.ts';

const options: QuantizeOptions[] = ([4, 8] as const).flatMap((bits) => ([16, 32] as const).map((block) => ({ bits, block })));

describe('a quantized matrix', () => {
  it('has the documented layout', () => {
    const row = Float32Array.from({ length: 16 }, (_, i) => [-127, -1, 0, 1, 2, 127][i] ?? 0);
    const eight = quantizeRows(hostTensor([...row, ...row.map((x) => x / 2)], [2, 16]), { block: 16 });
    expect([eight.shape, eight.words.shape, eight.scales.shape]).toEqual([[2, 16], [2, 4], [2, 1]]); // prettier-ignore
    expect([...eight.scales.data]).toEqual([1, 0.5]);
    expect(eight.words.data[0]! >>> 0).toBe(0x81_80_7f_01);
    expect(eight.words.data[1]! >>> 0).toBe(0x80_80_ff_82);
    expect(eight.words.data.slice(4)).toEqual(eight.words.data.slice(0, 4));
    const four = quantizeRows(hostTensor(row.map((x) => Math.trunc(x / 18)), [1, 16]), { block: 16, bits: 4 }); // prettier-ignore
    expect([four.words.shape, [...four.words.data].map((word) => word >>> 0)]).toEqual([[1, 2], [0x88_f8_88_81, 0x88_88_88_88]]); // prettier-ignore
  });

  it.each(options)('is within half a step of the numbers: %j', ({ bits, block }) => {
    const any = fc.float32Array({ minLength: 64, maxLength: 64, min: -100, max: 100, noNaN: true });
    fc.assert(
      fc.property(any, (data) => {
        const matrix = quantizeRows(hostTensor(data, [2, 32]), { bits: bits!, block: block! });
        dequantizeRows(matrix).data.forEach((value, i) => {
          const scale = matrix.scales.data[Math.floor(i / block!)]!;
          expect(Math.abs(value - data[i]!)).toBeLessThanOrEqual(scale * 0.5001 + 1e-44);
        });
      }),
    );
  });

  it.each(options)('of numbers that it holds is exact: %j', ({ bits, block }) => {
    const limit = 2 ** (bits! - 1) - 1;
    const data = Float32Array.from({ length: 96 }, (_, i) => (i % block! === 0 ? -limit : (i % (2 * limit + 1)) - limit) / 4);
    expect(dequantizeRows(quantizeRows(hostTensor(data, [3, 32]), { bits: bits!, block: block! })).data).toEqual(data);
  });

  it('of zeros, and of the smallest numbers, has no division by zero', () => {
    const data = Float32Array.from({ length: 32 }, (_, i) => (i < 16 ? 0 : 1e-45));
    expect([...dequantizeRows(quantizeRows(hostTensor(data, [2, 16]), { block: 16 })).data].every((value) => Math.abs(value) < 1e-44)).toBe(true); // prettier-ignore
  });

  it('refuses rows of broken blocks and numbers that are none, saying where', () => {
    expect(() => quantizeRows(hostTensor(new Float32Array(96), [2, 48]), { block: 32 })).toThrow(
      'quantizeRows expected rows of whole blocks of 32 numbers, got [2, 48].\n  hint: take a smaller block',
    );
    const data = new Float32Array(64);
    data[37] = NaN;
    expect(() => quantizeRows(hostTensor(data, [2, 32]), { block: 16 })).toThrow('expected finite numbers, got NaN in row 1, column 5.');
    expect(() => quantizeRows(hostTensor(new Float32Array(32)))).toThrow('quantizeRows expected [rows, columns], got [32].');
  });
});

import { describe, expect, it } from 'vitest';
import { formatShape, hostTensor, matchShape, sameShape, sizeOf } from './host-tensor.ts';

describe('shapes', () => {
  it('have a size, a text and an equality', () => {
    expect([sizeOf([]), sizeOf([2, 3]), sizeOf([2, 0, 3])]).toEqual([1, 6, 0]);
    expect([formatShape([]), formatShape([2, 'D'])]).toEqual(['[]', '[2, D]']);
    expect([sameShape([2, 3], [2, 3]), sameShape([2, 3], [3, 2]), sameShape([2], [2, 1])]).toEqual([true, false, false]);
  });

  it('match patterns of lengths and letters', () => {
    expect(matchShape('x', [16, 3, 768], ['B', 3, 'D'])).toEqual({ B: 16, D: 768 });
    expect(matchShape('x', [4, 4], ['N', 'N'])).toEqual({ N: 4 });
    expect(matchShape('x', [], [])).toEqual({});
    expect(() => matchShape('the neck', [4, 5], ['N', 'N'])).toThrow('the neck expected [N, N], got [4, 5].');
    expect(() => matchShape('the neck', [4], ['B', 'D'])).toThrow('the neck expected [B, D], got [4].');
    expect(() => matchShape('the neck', [4, 2], ['B', 3])).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  });
});

describe('hostTensor', () => {
  it('takes numbers in any list, as the type asked for', () => {
    expect(hostTensor([1.5, 2])).toEqual({ dtype: 'float32', shape: [2], data: Float32Array.of(1.5, 2) });
    expect(hostTensor([7], [], 'int32')).toEqual({ dtype: 'int32', shape: [], data: Int32Array.of(7) });
    expect(hostTensor([0, 1], [2, 1], 'bool').data).toEqual(Uint8Array.of(0, 1));
    const data = Float32Array.of(1, 2);
    expect(hostTensor(data).data).toBe(data);
  });

  it('refuses a count that does not fit', () => {
    expect(() => hostTensor([1, 2, 3], [2, 2])).toThrow('hostTensor expected 4 values for [2, 2], got 3.');
  });
});

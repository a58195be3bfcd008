import { describe, expect, it } from 'vitest';
import { freeArrays, prepareFreeing } from './free-arrays.ts';

describe('freeArrays', () => {
  it('gives memory back at once, without a collection of garbage', async () => {
    await prepareFreeing();
    const before = process.memoryUsage().arrayBuffers;
    const arrays = [1, 2, 3].map((value) => new Float32Array(4e6).fill(value));
    expect(process.memoryUsage().arrayBuffers - before).toBeGreaterThan(47e6);
    freeArrays([...arrays, arrays[0]!.subarray(3, 9)]);
    expect(arrays.map(({ length }) => length)).toEqual([0, 0, 0]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
    freeArrays([]);
  });
});

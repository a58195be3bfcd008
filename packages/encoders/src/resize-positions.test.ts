import { hostTensor } from '@reidkit/core-tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guessGrid, resizePositions } from './resize-positions.ts';

const column = (values: readonly number[]) => hostTensor(values, [1, values.length, 1]);
const resized = (values: readonly number[], options: Parameters<typeof resizePositions>[1]): number[] => [
  ...resizePositions(column(values), options).data,
];

describe('guessGrid', () => {
  it('knows squares and grids twice as high as wide, which are never the same number', () => {
    expect([196, 128, 1, 2, 210].map(guessGrid)).toEqual([[14, 14], [16, 8], [1, 1], [2, 1], undefined]);
  });
});

describe('resizePositions', () => {
  it('interpolates by half-pixel centres, and holds the edges', () => {
    expect(resized([0, 4], { prefix: 0, from: [1, 2], to: [1, 4] })).toEqual([0, 1, 3, 4]);
    expect(resized([0, 4], { prefix: 0, from: [2, 1], to: [4, 1] })).toEqual([0, 1, 3, 4]);
  });

  it('gives the numbers of torch, bicubic (a = -0.75), and keeps what is in front', () => {
    // torch.nn.functional.interpolate(mode='bicubic', align_corners=False) of [0, 1, 0, 0] to 8
    const want = [-0.10546875, 0.26171875, 0.87890625, 0.87890625, 0.26171875, -0.10546875, -0.03515625, 0];
    const got = resized([7, 0, 1, 0, 0], { prefix: 1, from: [1, 4], to: [1, 8], method: 'bicubic' });
    expect(got[0]).toBe(7);
    got.slice(1).forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 6));
  });

  it.each(['bilinear', 'bicubic'] as const)('leaves a grid of its own size and constants as they are (%s)', (method) => {
    const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }), (grid, height, width) => {
        expect(resized(grid, { prefix: 0, from: [3, 2], to: [3, 2], method })).toEqual(grid.map((value) => value + 0));
        const constant = resized(Array<number>(6).fill(grid[0]!), { prefix: 0, from: [3, 2], to: [height, width], method });
        constant.forEach((value) => expect(value).toBeCloseTo(grid[0]!, 4));
      }),
      { numRuns: 30 },
    );
  });

  it('refuses positions of another grid than the one named', () => {
    expect(() => resized([1, 2, 3, 4, 5], { prefix: 1, from: [3, 1], to: [2, 2] })).toThrow('are no grid [3, 1]');
    expect(() => resized([1, 2, 3, 4, 5], { prefix: 0, to: [2, 2] })).toThrow('say which grid they are of');
  });
});

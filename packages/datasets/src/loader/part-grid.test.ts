import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coverByBox, poolPartMask } from './part-grid.ts';

const grid = { height: 4, width: 2 };

describe('cells of a grid', () => {
  it('are covered by a box as its mask covers them', () => {
    const box = fc.tuple(
      fc.integer({ min: 0, max: 7 }),
      fc.integer({ min: 0, max: 15 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 16 }),
    );
    fc.assert(
      fc.property(box, ([x0, y0, w, h]) => {
        const [x1, y1] = [Math.min(8, x0 + w), Math.min(16, y0 + h)];
        const data = new Uint8Array(8 * 16);
        for (let y = y0; y < y1; y++) data.fill(3, y * 8 + x0, y * 8 + x1);
        const pooled = new Float32Array(2 * 8);
        poolPartMask({ width: 8, height: 16, channels: 1, data }, [5, 3], grid, pooled);
        const covered = new Float32Array(8);
        coverByBox([x0, y0, x1, y1], { width: 8, height: 16 }, grid, covered);
        expect([...pooled.slice(0, 8)]).toEqual(new Array(8).fill(0));
        pooled.slice(8).forEach((share, cell) => expect(share).toBeCloseTo(covered[cell]!, 5));
      }),
    );
  });

  it('are not covered by what lies outside the image', () => {
    const out = new Float32Array(8).fill(9);
    coverByBox([-8, -4, 0, 40], { width: 8, height: 16 }, grid, out);
    expect([...out]).toEqual(new Array(8).fill(0));
    coverByBox([-100, -100, 100, 100], { width: 8, height: 16 }, grid, out);
    expect([...out]).toEqual(new Array(8).fill(1));
  });
});

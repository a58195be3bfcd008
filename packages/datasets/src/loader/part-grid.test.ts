import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyCellRule, coverByBox, poolPartMask } from './part-grid.ts';

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

  it('belong to a box by their centre, by any of them, or as a whole', () => {
    const patches = { height: 16, width: 8 };
    const covered = (rule: 'centre' | 'any' | 'full'): number => {
      const out = new Float32Array(128);
      coverByBox([40, 10, 90, 60], { width: 128, height: 256 }, patches, out, rule);
      return out.reduce((sum, cell) => sum + cell, 0);
    };
    expect([covered('centre'), covered('any'), covered('full')]).toEqual([12, 16, 4]);
    const shares = Float32Array.of(0, 0.25, 0.5, 1);
    const by = (rule: 'share' | 'centre' | 'any' | 'full'): number[] => {
      const cells = shares.slice();
      applyCellRule(cells, rule);
      return [...cells];
    };
    expect([by('share'), by('centre'), by('any'), by('full')]).toEqual([
      [0, 0.25, 0.5, 1],
      [0, 0, 1, 1],
      [0, 1, 1, 1],
      [0, 0, 0, 1],
    ]);
  });

  it('are the mirrored ones of a mirrored box, also where a centre lies on its edge', () => {
    const edge = fc.integer({ min: 0, max: 32 });
    fc.assert(
      fc.property(edge, edge, edge, edge, fc.constantFrom('centre', 'any', 'full', 'share'), (a, b, c, d, rule) => {
        const [x0, x1, y0, y1] = [Math.min(a, b), Math.max(a, b), Math.min(c, d), Math.max(c, d)];
        const cells = (box: readonly [number, number, number, number]): number[] => {
          const out = new Float32Array(8);
          coverByBox([...box], { width: 32, height: 32 }, grid, out, rule);
          return [...out];
        };
        const plain = cells([x0, y0, x1, y1]);
        const mirrored = cells([32 - x1, y0, 32 - x0, y1]);
        expect(plain.flatMap((_, at) => plain[at % 2 === 0 ? at + 1 : at - 1]!)).toEqual(mirrored);
      }),
    );
  });
});

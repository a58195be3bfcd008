import type { Box, Picture } from '@reidkit/core-tensor/base';

/** Rows and columns of cells over an image. */
export interface Grid {
  readonly height: number;
  readonly width: number;
}

/** Adds each pixel's share of a cell to the part it belongs to; `out` is `[P, h, w]`, `numbers[p]` the value of part p in the mask. */
export function poolPartMask(mask: Picture, numbers: readonly number[], grid: Grid, out: Float32Array): void {
  const partOf = new Int32Array(256).fill(-1);
  numbers.forEach((number, part) => (partOf[number] = part));
  const cells = grid.height * grid.width;
  const pixelsPerCell = (mask.width / grid.width) * (mask.height / grid.height);
  for (let y = 0; y < mask.height; y++) {
    const row = Math.floor((y * grid.height) / mask.height) * grid.width;
    for (let x = 0; x < mask.width; x++) {
      const part = partOf[mask.data[y * mask.width + x]!]!;
      if (part >= 0) out[part * cells + row + Math.floor((x * grid.width) / mask.width)]! += 1 / pixelsPerCell;
    }
  }
  for (let i = 0; i < out.length; i++) out[i] = Math.min(1, out[i]!);
}

const overlap = (begin: number, end: number, cell: number): number => Math.max(0, Math.min(end, cell + 1) - Math.max(begin, cell));

/** When a cell belongs to a part: by the share of it that the part covers, or wholly when its centre, any of it or all of it is covered. */
export type CellRule = 'share' | 'centre' | 'any' | 'full';

const isInside = (begin: number, end: number, cell: number): number => (begin <= cell + 0.5 && cell + 0.5 <= end ? 1 : 0);

/** How much of a cell counts along one axis. */
const ALONG: Readonly<Record<CellRule, typeof overlap>> = {
  share: overlap,
  centre: isInside,
  any: (begin, end, cell) => (overlap(begin, end, cell) > 0 ? 1 : 0),
  full: (begin, end, cell) => (overlap(begin, end, cell) >= 1 ? 1 : 0),
};

/**
 * How much of each cell `[h, w]` belongs to a box, which is in pixels of an image of the given size: its share, or 0 and 1 by another rule. A
 * centre on an edge of the box lies inside, so that mirroring box and grid changes nothing.
 */
export function coverByBox([x0, y0, x1, y1]: Box, image: Grid, grid: Grid, out: Float32Array, rule: CellRule = 'share'): void {
  const toColumns = grid.width / image.width;
  const toRows = grid.height / image.height;
  const along = ALONG[rule];
  for (let row = 0; row < grid.height; row++) {
    const vertical = along(y0 * toRows, y1 * toRows, row);
    for (let column = 0; column < grid.width; column++) {
      out[row * grid.width + column] = vertical * along(x0 * toColumns, x1 * toColumns, column);
    }
  }
}

/** Shares of cells by a rule, in place: half of a cell of a mask counts as its centre. */
export function applyCellRule(shares: Float32Array, rule: CellRule): void {
  if (rule === 'share') return;
  const least = { centre: 0.5, any: 1e-6, full: 1 - 1e-6 }[rule];
  shares.forEach((share, cell) => (shares[cell] = share >= least ? 1 : 0));
}

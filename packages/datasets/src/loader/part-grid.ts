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

/** Share of each cell `[h, w]` that a box covers; the box is in pixels of an image of the given size. */
export function coverByBox([x0, y0, x1, y1]: Box, image: Grid, grid: Grid, out: Float32Array): void {
  const toColumns = grid.width / image.width;
  const toRows = grid.height / image.height;
  for (let row = 0; row < grid.height; row++) {
    const vertical = overlap(y0 * toRows, y1 * toRows, row);
    for (let column = 0; column < grid.width; column++) {
      out[row * grid.width + column] = vertical * overlap(x0 * toColumns, x1 * toColumns, column);
    }
  }
}

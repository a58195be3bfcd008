import { pad, reshape, slice, transpose, type Tensor } from '@reidkit/core-tensor';

type Grid = readonly [height: number, width: number];

/** Windows in each direction that cover a grid. */
const windowsOver = ([height, width]: Grid, size: number): Grid => [Math.ceil(height / size), Math.ceil(width / size)];

/** Cuts tokens into square windows, with zeros beyond the right and lower edge: `[B, H · W, D] → [B · windows, size², D]`. */
export function toWindows(x: Tensor, grid: Grid, size: number): Tensor {
  const [batch, , width] = x.shape as [number, number, number];
  const [down, across] = windowsOver(grid, size);
  const [below, beside] = [down * size - grid[0], across * size - grid[1]];
  const map = reshape(x, [batch, ...grid, width]);
  const whole = below + beside === 0 ? map : pad(map, [[0, 0], [0, below], [0, beside], [0, 0]]); // prettier-ignore
  const apart = transpose(reshape(whole, [batch, down, size, across, size * width]), [0, 1, 3, 2, 4]);
  return reshape(apart, [batch * down * across, size * size, width]);
}

/** Puts windows together again and leaves out what is beyond the edges: `[B · windows, size², D] → [B, H · W, D]`. */
export function fromWindows(x: Tensor, grid: Grid, size: number): Tensor {
  const width = x.shape[2]!;
  const [down, across] = windowsOver(grid, size);
  const batch = x.shape[0]! / (down * across);
  const together = transpose(reshape(x, [batch, down, across, size, size * width]), [0, 1, 3, 2, 4]);
  const map = reshape(together, [batch, down * size, across * size, width]);
  return reshape(slice(map, [0, 0, 0, 0], [batch, ...grid, width]), [batch, grid[0] * grid[1], width]);
}

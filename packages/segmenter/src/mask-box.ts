import type { Box, PictureSize } from '@reidkit/core-tensor';

/** The box around pixels above 0, `[height, width]` row by row, right and lower edge exclusive; null when there is none. */
export function maskBox(mask: ArrayLike<number>, { width, height }: PictureSize): Box | null {
  let [x0, y0, x1, y1] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!(mask[y * width + x]! > 0)) continue;
      x0 = Math.min(x0, x);
      x1 = Math.max(x1, x + 1);
      y0 = Math.min(y0, y);
      y1 = y + 1;
    }
  }
  return x1 === 0 ? null : [x0, y0, x1, y1];
}

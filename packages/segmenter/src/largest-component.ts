import type { PictureSize } from '@reidkit/core-tensor';

/** Number of pixels above 0 in all, and in the largest part of them that hangs together over edges. */
export interface ComponentSizes {
  readonly all: number;
  readonly largest: number;
}

/** How much of a mask, `[height, width]` row by row, hangs together. */
export function largestComponent(mask: ArrayLike<number>, { width, height }: PictureSize): ComponentSizes {
  const open = Uint8Array.from({ length: width * height }, (_, i) => Number(mask[i]! > 0));
  const waiting = new Int32Array(width * height);
  let [all, largest] = [0, 0];
  for (let start = 0; start < open.length; start++) {
    if (open[start] === 0) continue;
    let [count, at] = [1, 0];
    waiting[0] = start;
    open[start] = 0;
    const visit = (place: number): void => {
      if (open[place] === 0) return;
      open[place] = 0;
      waiting[count++] = place;
    };
    while (at < count) {
      const place = waiting[at++]!;
      const x = place % width;
      if (x > 0) visit(place - 1);
      if (x < width - 1) visit(place + 1);
      if (place >= width) visit(place - width);
      if (place < open.length - width) visit(place + width);
    }
    all += count;
    largest = Math.max(largest, count);
  }
  return { all, largest };
}

import type { Picture } from '@reidkit/core-tensor';

/** Shares of parts in the cells of a grid `[P, h, w]`, row-major. */
export interface PartShares {
  readonly parts: number;
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array;
}

/** Averages every cell with the eight around it, as many as there are; edges count what is inside. */
export function smoothShares(shares: PartShares, rounds: number): PartShares {
  const { parts, height, width } = shares;
  let { data } = shares;
  for (let round = 0; round < rounds; round++) {
    const next = new Float32Array(data.length);
    for (let part = 0; part < parts; part++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) next[(part * height + y) * width + x] = meanAround(data, { part, y, x, height, width });
      }
    }
    data = next;
  }
  return { ...shares, data };
}

interface Cell {
  readonly part: number;
  readonly y: number;
  readonly x: number;
  readonly height: number;
  readonly width: number;
}

function meanAround(data: Float32Array, { part, y, x, height, width }: Cell): number {
  let sum = 0;
  let count = 0;
  for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
    for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
      sum += data[(part * height + v) * width + u]!;
      count++;
    }
  }
  return sum / count;
}

/** Two neighbouring cells of an axis and how much the second counts, for the middle of a pixel. */
function between(pixel: number, pixels: number, cells: number): readonly [first: number, second: number, share: number] {
  const place = Math.min(cells - 1, Math.max(0, ((pixel + 0.5) * cells) / pixels - 0.5));
  const first = Math.floor(place);
  return [first, Math.min(cells - 1, first + 1), place - first];
}

/**
 * The part of each pixel of an image: the largest share there, shares being interpolated between the middles of cells. `numbers` are those of
 * the parts in the result, that of the background being 0. Gives the share of pixels of the person and the mean share of the part that they
 * got.
 */
export function paintParts(
  { parts, height, width, data }: PartShares,
  size: { readonly width: number; readonly height: number },
  numbers: readonly number[],
): { readonly mask: Picture; readonly covered: number; readonly sureness: number } {
  const mask = new Uint8Array(size.width * size.height);
  const columns = Array.from({ length: size.width }, (_, x) => between(x, size.width, width));
  let [covered, sure] = [0, 0];
  for (let y = 0; y < size.height; y++) {
    const [top, bottom, down] = between(y, size.height, height);
    for (let x = 0; x < size.width; x++) {
      const [left, right, along] = columns[x]!;
      let [best, most] = [0, -1];
      for (let part = 0; part < parts; part++) {
        const row = (v: number): number =>
          data[(part * height + v) * width + left]! * (1 - along) + data[(part * height + v) * width + right]! * along;
        const share = row(top) * (1 - down) + row(bottom) * down;
        if (share > most) [best, most] = [part, share];
      }
      mask[y * size.width + x] = numbers[best]!;
      if (numbers[best] === 0) continue;
      covered++;
      sure += most;
    }
  }
  return { mask: { ...size, channels: 1, data: mask }, covered: covered / mask.length, sureness: covered === 0 ? 0 : sure / covered };
}

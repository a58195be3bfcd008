import { bilinearTaps, type BilinearTaps } from './bilinear-taps.ts';
import type { FramePlace } from './resize-maps.ts';

/** A map in memory, row by row. */
interface FlatMap {
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array;
}

function resizeAcross({ height, width, data }: FlatMap, { first, second, share }: BilinearTaps): FlatMap {
  const to = first.length;
  const wide = new Float32Array(height * to);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < to; x++) {
      const part = share[x]!;
      wide[y * to + x] = data[y * width + first[x]!]! * (1 - part) + data[y * width + second[x]!]! * part;
    }
  }
  return { height, width: to, data: wide };
}

function resizeDown({ width, data }: FlatMap, { first, second, share }: BilinearTaps): FlatMap {
  const to = first.length;
  const high = new Float32Array(to * width);
  for (let y = 0; y < to; y++) {
    const [above, below, part] = [first[y]! * width, second[y]! * width, share[y]!];
    for (let x = 0; x < width; x++) high[y * width + x] = data[above + x]! * (1 - part) + data[below + x]! * part;
  }
  return { height: to, width, data: high };
}

function cut({ width, data }: FlatMap, [height, columns]: readonly [number, number]): FlatMap {
  const part = new Float32Array(height * columns);
  for (let y = 0; y < height; y++) part.set(data.subarray(y * width, y * width + columns), y * columns);
  return { height, width: columns, data: part };
}

/** As `mapsOnFrame`, for one map in memory and without gradients: `[h, w] → [H, W]`, row by row. */
export function logitsOnFrame(low: FlatMap, { padded, shown, frame }: FramePlace): Float32Array {
  const grown = resizeAcross(resizeDown(low, bilinearTaps(low.height, padded[0])), bilinearTaps(low.width, padded[1]));
  const part = cut(grown, shown);
  return resizeAcross(resizeDown(part, bilinearTaps(shown[0], frame[0])), bilinearTaps(shown[1], frame[1])).data;
}

import { ReidError, type Picture } from '@reidkit/core-tensor/base';

const BINS = 8;

/** How many horizontal stripes a colour histogram keeps apart. */
export interface ColourHistogramOptions {
  /** 1, the default, is the classic histogram of the whole image. */
  readonly stripes?: number;
}

/** Bin of a colour: hue, saturation and value in eight equal steps each; grey has hue 0. */
function binOf(red: number, green: number, blue: number): number {
  const most = Math.max(red, green, blue);
  const range = most - Math.min(red, green, blue);
  let sixth = 0; // hue in [0, 6)
  if (range > 0) {
    if (most === red) sixth = (green - blue) / range + (green < blue ? 6 : 0);
    else if (most === green) sixth = (blue - red) / range + 2;
    else sixth = (red - green) / range + 4;
  }
  const hue = Math.min(BINS - 1, Math.floor((sixth / 6) * BINS));
  const saturation = most === 0 ? 0 : Math.min(BINS - 1, Math.floor((range / most) * BINS));
  const value = Math.min(BINS - 1, Math.floor((most / 255) * BINS));
  return (hue * BINS + saturation) * BINS + value;
}

/**
 * Colour histogram of an RGB picture: 8 × 8 × 8 bins of hue, saturation and value per stripe, `[stripes · 512]`, the whole summing to 1. A
 * descriptor that has learnt nothing: compared with `scorer/l1` it is the baseline that a trained model must beat. Throws SHAPE_MISMATCH
 * for a picture of one channel, INVALID_ARGUMENT for fewer rows than stripes.
 */
export function colourHistogram({ width, height, channels, data }: Picture, { stripes = 1 }: ColourHistogramOptions = {}): Float32Array {
  if (channels !== 3 || data.length !== width * height * 3) {
    const got = `[${height}, ${width}, ${channels}] with ${data.length} values`;
    throw new ReidError('SHAPE_MISMATCH', `colourHistogram expected an RGB picture [H, W, 3], got ${got}.`);
  }
  if (!(Number.isInteger(stripes) && stripes >= 1 && stripes <= height && width > 0)) {
    throw new ReidError('INVALID_ARGUMENT', `colourHistogram expected 1 to ${height} stripes of a picture ${width} wide, got ${stripes}.`);
  }
  const counts = new Float32Array(stripes * BINS ** 3);
  for (let row = 0, position = 0; row < height; row++) {
    const first = Math.floor((row * stripes) / height) * BINS ** 3;
    for (let column = 0; column < width; column++, position += 3) {
      counts[first + binOf(data[position]!, data[position + 1]!, data[position + 2]!)]!++;
    }
  }
  return counts.map((count) => count / (width * height));
}

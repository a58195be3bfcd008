import { createCanvas, type Canvas } from './canvas.ts';

/** One pass along rows of `count` pixels that lie `step` numbers apart; rows begin `stride` numbers apart. */
interface Pass {
  readonly rows: number;
  readonly stride: number;
  readonly count: number;
  readonly step: number;
}

function smooth(from: Float32Array, to: Float32Array, weights: Float32Array, { rows, stride, count, step }: Pass): void {
  const radius = (weights.length - 1) / 2;
  for (let row = 0; row < rows; row++) {
    const start = row * stride;
    for (let own = 0; own < count; own++) {
      let [red, green, blue] = [0, 0, 0];
      for (let k = -radius; k <= radius; k++) {
        const near = own + k < 0 ? 0 : own + k >= count ? count - 1 : own + k;
        const at = start + near * step;
        const weight = weights[k + radius]!;
        red += from[at]! * weight;
        green += from[at + 1]! * weight;
        blue += from[at + 2]! * weight;
      }
      const at = start + own * step;
      to[at] = red;
      to[at + 1] = green;
      to[at + 2] = blue;
    }
  }
}

/** Gaussian blur of a picture, `deviation` in pixels; below 0.2 the picture is given back as it is. */
export function blur(canvas: Canvas, deviation: number): Canvas {
  if (deviation < 0.2) return canvas;
  const radius = Math.ceil(deviation * 2.2);
  const weights = Float32Array.from({ length: 2 * radius + 1 }, (_, k) => Math.exp(-((k - radius) ** 2) / (2 * deviation * deviation)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const normal = weights.map((weight) => weight / total);
  const { width, height } = canvas;
  const across = new Float32Array(canvas.rgb.length);
  const result = createCanvas(width, height);
  smooth(canvas.rgb, across, normal, { rows: height, stride: width * 3, count: width, step: 3 });
  smooth(across, result.rgb, normal, { rows: width, stride: 3, count: height, step: width * 3 });
  return result;
}

/** Averages a picture down to fewer pixels: each new pixel is the mean of the pixels that it touches. */
export function shrink(from: Canvas, width: number, height: number): Canvas {
  const small = createCanvas(width, height);
  const { rgb } = from;
  for (let j = 0; j < height; j++) {
    const y0 = Math.floor((j * from.height) / height);
    const y1 = Math.ceil(((j + 1) * from.height) / height);
    for (let i = 0; i < width; i++) {
      const x0 = Math.floor((i * from.width) / width);
      const x1 = Math.ceil(((i + 1) * from.width) / width);
      let [red, green, blue] = [0, 0, 0];
      for (let y = y0; y < y1; y++) {
        for (let at = (y * from.width + x0) * 3; at < (y * from.width + x1) * 3; at += 3) {
          red += rgb[at]!;
          green += rgb[at + 1]!;
          blue += rgb[at + 2]!;
        }
      }
      const share = 1 / ((x1 - x0) * (y1 - y0));
      small.rgb.set([red * share, green * share, blue * share], (j * width + i) * 3);
    }
  }
  return small;
}

import type { Layer } from './layer.ts';

/** A picture in linear light, three numbers a pixel, with the share of each pixel that was drawn on since `cover` was last cleared. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly rgb: Float32Array;
  readonly cover: Float32Array;
}

/** A black picture. */
export const createCanvas = (width: number, height: number): Canvas => ({
  width,
  height,
  rgb: new Float32Array(width * height * 3),
  cover: new Float32Array(width * height),
});

/** Lays a figure over a picture. */
export function lay(canvas: Canvas, layer: Layer): void {
  for (let j = 0; j < layer.height; j++) {
    for (let i = 0; i < layer.width; i++) {
      const from = j * layer.width + i;
      const share = layer.cover[from]!;
      if (share === 0) continue;
      const to = (j + layer.top) * canvas.width + i + layer.left;
      for (let channel = 0; channel < 3; channel++) {
        const under = canvas.rgb[to * 3 + channel]!;
        canvas.rgb[to * 3 + channel] = under + (layer.rgb[from * 3 + channel]! - under) * share;
      }
      canvas.cover[to] = 1 - (1 - canvas.cover[to]!) * (1 - share);
    }
  }
}

/** A window of a picture: its left and top edge in that picture's pixels, and how many of them make one new pixel. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly step: number;
}

/** The window of a picture, `width × height` pixels, with bilinear sampling; beyond the edges the edge goes on. */
export function view(from: Canvas, { left, top, step }: Window, width: number, height: number): Canvas {
  const canvas = createCanvas(width, height);
  const { rgb } = from;
  for (let j = 0; j < height; j++) {
    const y = Math.max(0, Math.min(from.height - 1.001, top + (j + 0.5) * step - 0.5));
    const y0 = Math.floor(y);
    const fy = y - y0;
    for (let i = 0; i < width; i++) {
      const x = Math.max(0, Math.min(from.width - 1.001, left + (i + 0.5) * step - 0.5));
      const x0 = Math.floor(x);
      const fx = x - x0;
      const a = (y0 * from.width + x0) * 3;
      const b = a + from.width * 3;
      const to = (j * width + i) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const upper = rgb[a + channel]! * (1 - fx) + rgb[a + 3 + channel]! * fx;
        const lower = rgb[b + channel]! * (1 - fx) + rgb[b + 3 + channel]! * fx;
        canvas.rgb[to + channel] = upper * (1 - fy) + lower * fy;
      }
    }
  }
  return canvas;
}

import type { Canvas } from './canvas.ts';
import type { Rgb } from './colour.ts';
import { cloud, grain } from './grain.ts';

/** What a flat shape is filled with. */
export interface Fill {
  readonly colour: Rgb;
  /** Roughness of the surface, 0 (smooth) to 1. */
  readonly rough?: number;
  /** Shaded like a standing cylinder. */
  readonly isRound?: boolean;
  /** Unevenness of the edge in metres, as of leaves. */
  readonly ragged?: number;
  /** Opacity, 1 by default. */
  readonly opacity?: number;
  readonly seed?: number;
}

/** A place in metres: to the right of and above the foot of the thing that is drawn. */
export type Spot = readonly [right: number, up: number];

/** Signed distance in metres to the edge of a shape, negative inside. */
type Distance = (x: number, y: number) => number;

/** Draws flat shapes in metres around a foot point of a picture, with soft edges. */
export class Brush {
  readonly #canvas: Canvas;
  readonly #x: number;
  readonly #y: number;
  readonly #scale: number;

  /** `x`, `y` is the foot point in pixels, `scale` pixels per metre. */
  constructor(canvas: Canvas, foot: { readonly x: number; readonly y: number; readonly scale: number }) {
    this.#canvas = canvas;
    this.#x = foot.x;
    this.#y = foot.y;
    this.#scale = foot.scale;
  }

  /** An upright rectangle from its lower left to its upper right corner. */
  rectangle([x0, y0]: Spot, [x1, y1]: Spot, fill: Fill & { readonly corner?: number }): void {
    const corner = fill.corner ?? 0;
    const [cx, cy, hx, hy] = [(x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2 - corner, (y1 - y0) / 2 - corner];
    this.#fill([x0, y0, x1, y1], fill, (x, y) => {
      const dx = Math.abs(x - cx) - hx;
      const dy = Math.abs(y - cy) - hy;
      if (dx <= 0 || dy <= 0) return Math.max(dx, dy) - corner;
      return Math.sqrt(dx * dx + dy * dy) - corner;
    });
  }

  /** An ellipse by its middle and radii. */
  ellipse([cx, cy]: Spot, [rx, ry]: Spot, fill: Fill): void {
    const least = Math.min(rx, ry);
    this.#fill([cx - rx, cy - ry, cx + rx, cy + ry], fill, (x, y) => {
      const [dx, dy] = [(x - cx) / rx, (y - cy) / ry];
      return (Math.sqrt(dx * dx + dy * dy) - 1) * least;
    });
  }

  /** A line with round ends, `width` metres thick. */
  line([x0, y0]: Spot, [x1, y1]: Spot, width: number, fill: Fill): void {
    const [dx, dy, half] = [x1 - x0, y1 - y0, width / 2];
    const square = dx * dx + dy * dy || 1;
    this.#fill([Math.min(x0, x1) - half, Math.min(y0, y1) - half, Math.max(x0, x1) + half, Math.max(y0, y1) + half], fill, (x, y) => {
      const t = Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / square));
      const [ex, ey] = [x - x0 - t * dx, y - y0 - t * dy];
      return Math.sqrt(ex * ex + ey * ey) - half;
    });
  }

  /** A convex polygon, corners in counter-clockwise order as seen. */
  polygon(corners: readonly Spot[], fill: Fill): void {
    const xs = corners.map(([x]) => x);
    const ys = corners.map(([, y]) => y);
    const edges = corners.map(([x, y], k) => {
      const [nx, ny] = corners[(k + 1) % corners.length]!;
      const long = Math.sqrt((nx - x) * (nx - x) + (ny - y) * (ny - y)) || 1;
      return [x, y, (ny - y) / long, (x - nx) / long] as const;
    });
    this.#fill([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)], fill, (x, y) => {
      let most = -Infinity;
      for (const [ex, ey, nx, ny] of edges) most = Math.max(most, (x - ex) * nx + (y - ey) * ny);
      return most;
    });
  }

  #fill(bounds: readonly [number, number, number, number], fill: Fill, distance: Distance): void {
    const { rgb, cover, width, height } = this.#canvas;
    const { rough = 0, ragged = 0, opacity = 1, seed = 1 } = fill;
    const margin = ragged + 1 / this.#scale;
    const left = Math.max(0, Math.floor(this.#x + (bounds[0] - margin) * this.#scale));
    const right = Math.min(width, Math.ceil(this.#x + (bounds[2] + margin) * this.#scale));
    const top = Math.max(0, Math.floor(this.#y - (bounds[3] + margin) * this.#scale));
    const bottom = Math.min(height, Math.ceil(this.#y - (bounds[1] - margin) * this.#scale));
    const middle = (bounds[0] + bounds[2]) / 2;
    const half = (bounds[2] - bounds[0]) / 2;
    for (let j = top; j < bottom; j++) {
      const y = (this.#y - j - 0.5) / this.#scale;
      for (let i = left; i < right; i++) {
        const x = (i + 0.5 - this.#x) / this.#scale;
        let away = distance(x, y);
        if (ragged > 0) away += (cloud(x * 9, y * 9, seed) - 0.5) * 2 * ragged;
        const share = Math.min(1, 0.5 - away * this.#scale) * opacity;
        if (share <= 0) continue;
        let light = 1;
        if (rough > 0) light += rough * (cloud(x * 14, y * 14, seed + 3) + grain(i, j, seed) * 0.5 - 0.75);
        if (fill.isRound) {
          const bulge = (x - middle) / half + 0.25;
          light *= 1.1 - 0.75 * bulge * bulge;
        }
        const at = j * width + i;
        for (let channel = 0; channel < 3; channel++) {
          const under = rgb[at * 3 + channel]!;
          rgb[at * 3 + channel] = under + (Math.max(0, fill.colour[channel]! * light) - under) * share;
        }
        cover[at] = 1 - (1 - cover[at]!) * (1 - share);
      }
    }
  }
}

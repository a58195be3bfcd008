import type { Light } from './lighting.ts';
import { directions, project, type Projected, type Viewpoint } from './projection.ts';
import { rasterise, type Visibility } from './raster.ts';
import { createShader, type Shader } from './shade.ts';
import { PARTS, type Solid } from './solid.ts';

/** A drawn figure, cut out: pixels of a picture from (`left`, `top`) on. */
export interface Layer {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Linear light, three numbers a pixel, of the covered share. */
  readonly rgb: Float32Array;
  /** Covered share of a pixel, 0 to 1. */
  readonly cover: Float32Array;
  /** Part number that covers most of a pixel, 0 for none. */
  readonly part: Uint8Array;
}

/** Samples along each side of a pixel. */
const FINE = 2;

/** Darkening where something nearer stands close by: limbs so stand out from the trunk. */
function contact(seen: Visibility, i: number, j: number, gap: number): number {
  const { width, height, depth } = seen;
  const own = depth[j * width + i]! - gap;
  let dark = 0;
  if (i >= 2 && depth[j * width + i - 2]! < own) dark++;
  if (i + 2 < width && depth[j * width + i + 2]! < own) dark++;
  if (j >= 2 && depth[(j - 2) * width + i]! < own) dark++;
  if (j + 2 < height && depth[(j + 2) * width + i]! < own) dark++;
  return 1 - 0.16 * dark;
}

/** The part with most samples. */
function mostOf(counts: Uint8Array): number {
  let best = 1;
  for (let part = 2; part < counts.length; part++) if (counts[part]! > counts[best]!) best = part;
  return best;
}

/** Adds up the samples of every pixel. */
function resolve(items: readonly Projected[], seen: Visibility, shader: Shader, layer: Layer & { readonly gap: number }): void {
  const counts = new Uint8Array(Object.keys(PARTS).length + 1);
  const sample = new Float32Array(3);
  const { rgb, cover, part, width, height, gap } = layer;
  for (let at = 0; at < width * height; at++) {
    const x = (at % width) * FINE;
    const y = ((at / width) | 0) * FINE;
    let hits = 0;
    for (let j = y; j < y + FINE; j++) {
      for (let i = x; i < x + FINE; i++) {
        const number = seen.first[j * seen.width + i]!;
        if (number < 0) continue;
        const item = items[number]!;
        shader(item, i + 0.5, j + 0.5, seen.depth[j * seen.width + i]!, sample);
        const dark = contact(seen, i, j, gap);
        rgb[at * 3]! += sample[0]! * dark;
        rgb[at * 3 + 1]! += sample[1]! * dark;
        rgb[at * 3 + 2]! += sample[2]! * dark;
        counts[item.part]!++;
        hits++;
      }
    }
    if (hits === 0) continue;
    for (let channel = 0; channel < 3; channel++) rgb[at * 3 + channel]! /= hits;
    cover[at] = hits / (FINE * FINE);
    part[at] = mostOf(counts);
    counts.fill(0);
  }
}

/** Size of a picture in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Draws solids (one person, or one thing) as they are seen from a viewpoint, clipped to a picture. */
export function drawLayer(solids: readonly Solid[], view: Viewpoint, light: Light, picture: PictureSize): Layer {
  const axes = directions(view);
  const rough = solids.map((solid) => project(solid, view, axes).bounds);
  const left = Math.max(0, Math.min(...rough.map((b) => b[0])));
  const top = Math.max(0, Math.min(...rough.map((b) => b[1])));
  const width = Math.max(0, Math.min(picture.width, Math.max(...rough.map((b) => b[2]))) - left);
  const height = Math.max(0, Math.min(picture.height, Math.max(...rough.map((b) => b[3]))) - top);
  const size = width * height;
  const layer = { left, top, width, height, rgb: new Float32Array(size * 3), cover: new Float32Array(size), part: new Uint8Array(size) };
  if (size === 0) return layer;
  const fine: Viewpoint = { ...view, scale: view.scale * FINE, x: (view.x - left) * FINE, y: (view.y - top) * FINE };
  const items = solids.map((solid) => project(solid, fine, axes));
  resolve(items, rasterise(items, width * FINE, height * FINE), createShader(light), { ...layer, gap: 0.05 * fine.scale });
  return layer;
}

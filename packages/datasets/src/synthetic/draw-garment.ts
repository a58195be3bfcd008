import { createCanvas, lay } from './canvas.ts';
import { figure } from './figure.ts';
import { drawLayer } from './layer.ts';
import { power } from './colour.ts';
import type { Light } from './lighting.ts';
import { unit } from './vector.ts';
import type { Studio } from './studio.ts';

/** A picture as RGB bytes. */
export interface RgbPicture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

const LIGHT: Light = { towards: unit([-0.4, -0.6, -0.7]), sun: [0.62, 0.62, 0.62], sky: [0.5, 0.5, 0.5] };
const PAPER = 0.84;

const toByte = (light: number): number => Math.round(255 * Math.min(1, power(Math.max(0, light), 1 / 2.2)));

/** Draws the upper garment of an outfit alone and from the front, as a shop would show it: three quarters as wide as high. */
export function drawGarment(studio: Studio, clothes: number): RgbPicture {
  const { options, cast } = studio;
  const { height } = options.size;
  const width = Math.round(height * 0.75);
  const identity = Math.floor(clothes / options.outfits) + 1;
  const person = { ...cast.identity(identity), bag: { ...cast.identity(identity).bag, kind: 'none' as const } };
  const pose = { phase: 0, stride: 0, lean: 0, arms: 'display', gaze: 0 } as const;
  const solids = figure(person, { pose, outfit: clothes % options.outfits }).filter(({ piece }) => piece === 'upper');
  const isLong = solids.some(({ part }) => part === 'lower');
  const scale = height / (isLong ? 1.24 : 0.9);
  const canvas = createCanvas(width, height);
  canvas.rgb.fill(PAPER);
  const top = person.build.height * 0.88;
  lay(canvas, drawLayer(solids, { yaw: 0, tilt: 0.06, scale, x: width / 2, y: height * 0.06 + top * scale }, LIGHT, canvas));
  return { width, height, rgb: Uint8Array.from(canvas.rgb, toByte) };
}

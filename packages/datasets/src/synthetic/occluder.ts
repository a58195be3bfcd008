import type { Random, RandomStream } from '@reidkit/core-tensor/base';
import type { Appearance } from './appearance.ts';
import { Brush } from './brush.ts';
import type { Camera } from './camera.ts';
import { lay, type Canvas } from './canvas.ts';
import { luminance, type Rgb } from './colour.ts';
import { figure } from './figure.ts';
import { drawLayer } from './layer.ts';
import { lit } from './lighting.ts';
import { PROPS, type PropName } from './props.ts';

/** What may stand in front of a person. */
export const OCCLUDER_NAMES = [
  'pole',
  'sign',
  'tree',
  'pillar',
  'car',
  'bush',
  'planter',
  'bin',
  'barrier',
  'crates',
  'bicycle',
  'person',
] as const;

/** Name of a thing that may stand in front of a person. */
export type OccluderName = (typeof OCCLUDER_NAMES)[number];

/** A thing in front: where it stands against the person, and how it looks. */
export interface Occluder {
  readonly kind: OccluderName;
  /** Metres to the right of the person. */
  readonly right: number;
  /** Metres of the person that a low thing hides from below. */
  readonly hides: number;
  /** How much nearer a high thing stands: factor on its size. */
  readonly nearer: number;
  /** Place of the random numbers of its look. */
  readonly look: Random;
}

const HIGH = new Set<OccluderName>(['pole', 'sign', 'tree', 'pillar', 'person']);

/** How far a thing may stand beside the person, in metres. */
const SHIFT: Partial<Record<OccluderName, readonly [number, number]>> = {
  pole: [0, 0.16],
  sign: [0.05, 0.25],
  tree: [0.16, 0.34],
  pillar: [0.3, 0.48],
  person: [0.16, 0.36],
  car: [0, 1.1],
  bin: [0, 0.2],
};

/** Draws what stands in front of a person, and where. */
export function drawOccluder(random: Random, kinds: readonly OccluderName[]): Occluder {
  const draws = random.stream();
  const kind = draws.choice(kinds);
  const [low, high] = SHIFT[kind] ?? [0, 0.35];
  const side = draws.choice([-1, 1]);
  return {
    kind,
    right: side * draws.uniform(low, high),
    hides: draws.uniform(0.35, 0.85),
    nearer: draws.uniform(1.06, 1.25),
    look: random.fork('look'),
  };
}

/** A person's place in a picture. */
export interface Standing {
  /** Pixel of the ground between the feet. */
  readonly x: number;
  readonly y: number;
  /** Pixels per metre. */
  readonly scale: number;
  /** How far the camera looks down, in radians. */
  readonly tilt: number;
}

/** A colour as a camera's kind of light shows it. */
const seenAs = (camera: Camera, colour: Rgb): Rgb => {
  if (!camera.infrared) return colour;
  const grey = 0.08 + luminance(colour) * 0.7 + Math.max(0, colour[1] - Math.max(colour[0], colour[2])) * 2;
  return [grey, grey, grey];
};

/** Draws a prop with its foot at a place of the picture. */
export function drawProp(
  canvas: Canvas,
  name: PropName,
  foot: { readonly x: number; readonly y: number; readonly scale: number },
  by: { camera: Camera; draws: RandomStream },
): void {
  const { camera, draws } = by;
  PROPS[name].draw({
    brush: new Brush(canvas, foot),
    draws,
    tone: (colour) => lit(seenAs(camera, colour), camera.light, [0, -0.2, -0.98]),
  });
}

/** Draws a thing in front of a person. `stranger` is who stands there when it is a person. */
export function placeOccluder(canvas: Canvas, occluder: Occluder, standing: Standing, by: { camera: Camera; stranger: Appearance }): void {
  const { kind, right, hides, look } = occluder;
  const { camera } = by;
  const { x, y, scale } = standing;
  const tall = kind === 'person' ? 1.7 : PROPS[kind].height;
  const nearer = HIGH.has(kind) ? occluder.nearer : 1 + Math.max(0.02, (tall - hides) / Math.max(0.5, camera.height - tall));
  const foot = { x: x + right * scale, y: y + scale * camera.height * (nearer - 1), scale: scale * nearer };
  const draws = look.stream();
  if (kind !== 'person') {
    drawProp(canvas, kind, foot, { camera, draws });
    return;
  }
  const pose = { phase: draws.uniform(), stride: draws.uniform(0.1, 0.5), lean: 0.04, arms: 'swing', gaze: 0 } as const;
  const solids = figure(by.stranger, { pose, infrared: camera.infrared });
  lay(canvas, drawLayer(solids, { ...foot, yaw: draws.uniform(0, 6.28), tilt: standing.tilt }, camera.light, canvas));
}

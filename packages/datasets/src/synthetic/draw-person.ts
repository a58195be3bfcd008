import type { Box, Random, RandomStream } from '@reidkit/core-tensor/base';
import type { Appearance } from './appearance.ts';
import { tiltAt, scaleAt } from './backdrop.ts';
import type { Camera } from './camera.ts';
import { lay, type Canvas } from './canvas.ts';
import { figure } from './figure.ts';
import { drawLayer, type Layer } from './layer.ts';
import type { Standing } from './occluder.ts';
import { partBoxes } from './part-boxes.ts';
import type { Pose } from './skeleton.ts';
import type { PartName } from './solid.ts';

/** Draws how a person is held at one moment. */
function drawPose(draws: RandomStream): Pose {
  const isWalking = draws.chance(0.75);
  return {
    phase: draws.uniform(),
    stride: isWalking ? draws.uniform(0.25, 0.52) : draws.uniform(0, 0.06),
    lean: draws.uniform(0, 0.09),
    arms: draws.choice(['swing', 'swing', 'swing', 'swing', 'phone', 'pockets', 'carry'] as const),
    gaze: draws.normal(0, 0.25),
  };
}

/** Draws where a person looks at a camera: along the camera's way or back, give or take half a radian. 0 looks into the camera. */
export const drawYaw = (draws: RandomStream, camera: Camera): number =>
  camera.heading + (draws.chance(0.5) ? Math.PI : 0) + draws.normal(0, 0.5);

/** A turn as one of four views: 0 front, 1 left side, 2 back, 3 right side. */
export const viewOf = (yaw: number): number => ((Math.round(yaw / (Math.PI / 2)) % 4) + 4) % 4;

/** A person in a picture. */
export interface PersonDrawing {
  readonly person: Appearance;
  readonly outfit: number;
  readonly camera: Camera;
  readonly standing: Standing;
  readonly yaw: number;
  readonly random: Random;
}

/** Darkens the ground under a person. */
function castShadow(canvas: Canvas, { camera, standing }: PersonDrawing): void {
  const { x, y, scale, tilt } = standing;
  const [rx, ry] = [0.36 * scale, Math.max(1.5, 0.36 * scale * Math.sin(tilt) + 0.04 * scale)];
  const shift = -camera.light.towards[0] * 0.2 * scale;
  for (let j = Math.max(0, Math.floor(y - 2 * ry)); j < Math.min(canvas.height, y + 2 * ry); j++) {
    for (let i = Math.max(0, Math.floor(x + shift - 2 * rx)); i < Math.min(canvas.width, x + shift + 2 * rx); i++) {
      const [dx, dy] = [(i + 0.5 - x - shift) / rx, (j + 0.5 - y) / ry];
      const dark = 1 - 0.6 * Math.exp(-1.2 * (dx * dx + dy * dy));
      const at = (j * canvas.width + i) * 3;
      for (let channel = 0; channel < 3; channel++) canvas.rgb[at + channel]! *= dark;
    }
  }
}

/** Draws a person with its shadow into a picture and gives its cut-out, by which masks are made. */
export function drawPerson(canvas: Canvas, drawing: PersonDrawing): Layer {
  const { person, outfit, camera, standing, yaw, random } = drawing;
  const draws = random.stream();
  const pose = drawPose(draws);
  const solids = figure(person, { pose, outfit, infrared: camera.infrared, folds: draws.uniform(0, 2 * Math.PI) });
  castShadow(canvas, drawing);
  const layer = drawLayer(solids, { ...standing, yaw }, camera.light, canvas);
  lay(canvas, layer);
  return layer;
}

/** Place in a picture of a person on row `foot` of a camera's frame (in frame heights), at `zoom` pixels per frame height. */
export const standingAt = (
  camera: Camera,
  foot: number,
  at: { readonly x: number; readonly y: number; readonly zoom: number },
): Standing => ({
  x: at.x,
  y: at.y,
  scale: scaleAt(camera, foot) * at.zoom,
  tilt: tiltAt(camera, foot),
});

/** What can be seen of a person: masks the size of the picture, tight part boxes, and the share that things in front hide. */
export interface PersonMasks {
  /** 255 on the person, 0 elsewhere. */
  readonly person: Uint8Array;
  /** 1 head, 2 upper body, 3 lower body, 4 foot, 0 elsewhere. Bags count to the part they hang at. */
  readonly parts: Uint8Array;
  readonly boxes: Partial<Record<PartName | 'legs', Box>>;
  readonly occluded: number;
}

/** Masks of a person whose cut-out is `layer`, where `canvas.cover` says how much of each pixel was drawn over since. */
export function masksOf(layer: Layer, canvas: Canvas): PersonMasks {
  const person = new Uint8Array(canvas.width * canvas.height);
  const parts = new Uint8Array(canvas.width * canvas.height);
  let [all, seen] = [0, 0];
  for (let at = 0; at < layer.cover.length; at++) {
    if (layer.cover[at]! < 0.5) continue;
    all++;
    const to = (Math.floor(at / layer.width) + layer.top) * canvas.width + (at % layer.width) + layer.left;
    if (layer.cover[at]! * (1 - canvas.cover[to]!) < 0.5) continue;
    seen++;
    person[to] = 255;
    parts[to] = layer.part[at]!;
  }
  return { person, parts, boxes: partBoxes(parts, canvas.width), occluded: all === 0 ? 0 : 1 - seen / all };
}

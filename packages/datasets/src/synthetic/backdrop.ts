import type { RandomStream } from '@reidkit/core-tensor/base';
import { Brush } from './brush.ts';
import type { Camera } from './camera.ts';
import { createCanvas, type Canvas } from './canvas.ts';
import { blend, dim, luminance, type Rgb } from './colour.ts';
import { DOMAINS } from './domain.ts';
import { cloud } from './grain.ts';
import { lit } from './lighting.ts';
import { PROPS } from './props.ts';
import { GROUNDS, WALLS, type Surface } from './scenery.ts';

/** Width of a frame against its height. */
const ASPECT = 1.6;

/** Row of the nearest things of a background, in frame heights: people stand before them. */
export const NEAREST_PROP = 0.6;

/** Pixels per metre for a thing that stands on row `foot`; rows and result in frame heights. */
export const scaleAt = (camera: Camera, foot: number): number => (foot - camera.horizon) / camera.height;

/** Distance in metres of a thing that stands on row `foot` (in frame heights). */
const distanceAt = (camera: Camera, foot: number): number => (camera.focal * camera.height) / (foot - camera.horizon);

/** How far the camera looks down on the middle of a person that stands on row `foot`, in radians. */
export const tiltAt = (camera: Camera, foot: number): number => Math.atan2(camera.height - 0.9, distanceAt(camera, foot));

/** Near infrared light of a coloured surface: plants are bright, the rest follows its brightness, and a lamp lights the middle. */
function toInfrared({ rgb, width, height }: Canvas): void {
  for (let at = 0; at < width * height; at++) {
    const colour: Rgb = [rgb[at * 3]!, rgb[at * 3 + 1]!, rgb[at * 3 + 2]!];
    const leaf = Math.max(0, colour[1] - Math.max(colour[0], colour[2])) * 2.2;
    const x = ((at % width) + 0.5) / width - 0.5;
    const y = (Math.floor(at / width) + 0.5) / height - 0.6;
    const lamp = Math.max(0.25, 1 - 1.5 * (x * x + y * y));
    rgb.fill((0.08 + luminance(colour) * 0.75 + leaf) * lamp * 0.8, at * 3, at * 3 + 3);
  }
}

/** Two kinds of ground side by side, a third one far away, and large soft shadows of what stands outside the frame. */
function drawGround(camera: Camera, draws: RandomStream): Surface {
  const { grounds } = DOMAINS[camera.domain];
  const town = camera.town.stream();
  const laid = [0, 1, 2].map(() => GROUNDS[town.choice(grounds)](town));
  const [near, beside, far] = draws.shuffle(laid) as [Surface, Surface, Surface];
  const middle = (camera.focal * camera.height) / (0.75 - camera.horizon);
  const side = draws.uniform(-0.25, 0.25) * middle;
  const slope = draws.uniform(-0.4, 0.4);
  const deep = middle * draws.uniform(1.15, 1.6);
  const sign = draws.choice([-1, 1]);
  const seed = draws.integer(2 ** 30);
  return (x, y) => {
    const surface = y > deep ? far : sign * (x - side - slope * (y - middle)) > 0 ? beside : near;
    const shadow = Math.max(0, Math.min(1, (cloud(x * 0.6, y * 0.35, seed) - 0.52) * 7));
    return dim(surface(x, y), 1 - 0.45 * shadow);
  };
}

function paintPlanes(camera: Camera, canvas: Canvas, edge: number): void {
  const domain = DOMAINS[camera.domain];
  const draws = camera.scenery.fork('planes').stream();
  const ground = drawGround(camera, draws);
  const wall = WALLS[draws.choice(domain.walls)](draws);
  const top = draws.uniform(domain.wallHeight[0], domain.wallHeight[1]);
  const seed = draws.integer(2 ** 30);
  const { width, height, rgb } = canvas;
  const shift = draws.uniform(-20, 20);
  const far = distanceAt(camera, edge) / camera.focal;
  const colourAt = (x: number, y: number): Rgb => {
    if (y >= edge) {
      const deep = distanceAt(camera, y);
      return lit(ground((x * deep) / camera.focal, deep), camera.light, [0, -1, 0]);
    }
    const [across, up] = [x * far + shift, (edge - y) * far];
    if (up > top) return blend(domain.sky, [0.9, 0.9, 0.9], cloud(x * 5, y * 9, seed) * 0.5);
    return lit(wall(across, up), camera.light, [0, 0, -1]);
  };
  for (let at = 0; at < width * height; at++) {
    const [i, j] = [at % width, Math.floor(at / width)];
    for (let k = 0; k < 4; k++) {
      const colour = colourAt((i + 0.25 + 0.5 * (k & 1) - width / 2) / height, (j + 0.25 + 0.5 * (k >> 1)) / height);
      for (let channel = 0; channel < 3; channel++) rgb[at * 3 + channel]! += colour[channel]! / 4;
    }
  }
}

/** The empty frame of a camera, `height` pixels high and 1.6 times as wide, in linear light. */
export function drawBackdrop(camera: Camera, height: number): Canvas {
  const domain = DOMAINS[camera.domain];
  const draws = camera.scenery.fork('props').stream();
  const canvas = createCanvas(Math.round(height * ASPECT), height);
  const edge = Math.max(0.02, camera.horizon + draws.uniform(0.12, 0.3));
  paintPlanes(camera, canvas, edge);
  const count = domain.crowding[0] + draws.integer(domain.crowding[1] - domain.crowding[0] + 1);
  const feet = Array.from({ length: count }, () => draws.uniform(edge + 0.01, NEAREST_PROP)).sort((a, b) => a - b);
  for (const foot of feet) {
    const brush = new Brush(canvas, {
      x: draws.uniform(0, canvas.width),
      y: foot * height,
      scale: scaleAt(camera, foot) * height,
    });
    PROPS[draws.choice(domain.props)].draw({ brush, draws, tone: (colour) => lit(colour, camera.light, [0, -0.2, -0.98]) });
  }
  if (camera.infrared) toInfrared(canvas);
  canvas.cover.fill(0);
  return canvas;
}

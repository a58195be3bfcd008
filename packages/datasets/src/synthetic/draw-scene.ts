import type { Box, RandomStream } from '@reidkit/core-tensor/base';
import type { Appearance } from './appearance.ts';
import { lay, view, type Canvas } from './canvas.ts';
import type { RgbPicture } from './draw-garment.ts';
import { drawPerson, drawYaw, masksOf, standingAt } from './draw-person.ts';
import { DOMAINS } from './domain.ts';
import type { Layer } from './layer.ts';
import { drawProp } from './occluder.ts';
import { boxAround } from './part-boxes.ts';
import type { SceneJob } from './plan.ts';
import { NEAREST_PROP, scaleAt } from './backdrop.ts';
import { expose } from './sensor.ts';
import type { Studio } from './studio.ts';

/** Somebody in a frame. */
export interface ScenePerson {
  /** Null for a stranger. */
  readonly identity: number | null;
  readonly person: Appearance;
  readonly outfit: number;
  readonly box: Box;
  /** 255 on what can be seen of the person, the size of the frame. */
  readonly mask: Uint8Array;
  /** Share that people and things in front hide. */
  readonly occluded: number;
}

/** A drawn frame; people of whom next to nothing can be seen are left out. */
export interface Scene extends RgbPicture {
  readonly persons: readonly ScenePerson[];
}

/** A place on the ground: row of the foot and column of the middle, in frame heights. */
interface Spot {
  readonly row: number;
  readonly column: number;
}

/** Smallest share of a person that must be seen for it to be listed. */
const LEAST_SEEN = 0.25;

/** Of a few places the one that is farthest from everybody else. */
function freeSpot(draws: RandomStream, taken: readonly Spot[], lowest: number): Spot {
  let best: Spot | undefined;
  let most = -1;
  for (let k = 0; k < 6; k++) {
    const spot = { row: draws.uniform(lowest, 0.97), column: draws.uniform(0.14, 1.46) };
    const away = Math.min(9, ...taken.map((other) => Math.abs(other.column - spot.column) + 0.4 * Math.abs(other.row - spot.row)));
    if (away > most) [best, most] = [spot, away];
  }
  return best!;
}

/** Draws a frame of a plan with everybody in it, far people first. The same job gives the same bytes. */
export function drawScene(studio: Studio, job: SceneJob): Scene {
  const { options, cast } = studio;
  const { width, height } = options.scenes.size;
  const station = studio.stations[job.camera]!;
  const { camera } = station;
  const random = studio.random.fork('scene', job.split, job.take);
  const draws = random.fork('places').stream();
  const backdrop = station.backdrop();
  const step = backdrop.height / height;
  const canvas = view(backdrop, { left: (backdrop.width - width * step) / 2, top: 0, step }, width, height);
  const spots: Spot[] = [];
  for (const _ of job.persons) spots.push(freeSpot(draws, spots, Math.max(NEAREST_PROP, camera.horizon + 0.4)));
  const walkers = job.persons
    .map((identity, k) => ({ identity, spot: spots[k]!, random: random.fork('person', k) }))
    .sort((a, b) => a.spot.row - b.spot.row);
  const drawn = walkers.map(({ identity, spot, random: own }) => {
    const look = own.fork('look').stream();
    const person = identity === null ? cast.stranger(look.integer(4096)) : cast.identity(identity);
    const outfit = look.integer(person.outfits.length);
    const standing = standingAt(camera, spot.row, { x: (spot.column - 0.8) * height + width / 2, y: spot.row * height, zoom: height });
    const layer = drawPerson(canvas, { person, outfit, camera, standing, yaw: drawYaw(look, camera), random: own.fork('pose') });
    return { identity, person, outfit, layer };
  });
  canvas.cover.fill(0);
  if (draws.chance(options.occlusion[job.split === 'train' ? 'train' : 'gallery'] * 2)) {
    const row = draws.uniform(0.98, 1.15);
    const foot = { x: draws.uniform(0, width), y: row * height, scale: scaleAt(camera, row) * height };
    drawProp(canvas, draws.choice(DOMAINS[camera.domain].props), foot, { camera, draws });
  }
  const persons = seenPersons(drawn, canvas);
  const exposure = Math.exp(draws.normal(0, 0.16 * options.difficulty.light));
  return { width, height, rgb: expose(canvas, station, { exposure, draws, zoom: height / 300 }), persons };
}

/** Masks and boxes, nearest people first, since they hide those behind; the result is in the order of drawing. */
function seenPersons(
  drawn: readonly (Pick<ScenePerson, 'identity' | 'person' | 'outfit'> & { readonly layer: Layer })[],
  canvas: Canvas,
): ScenePerson[] {
  const hidden: Canvas = { ...canvas, rgb: new Float32Array(canvas.rgb.length) };
  return [...drawn]
    .reverse()
    .flatMap(({ layer, ...who }) => {
      const masks = masksOf(layer, hidden);
      lay(hidden, layer);
      const box = boxAround(masks.person, canvas.width, (value) => value > 0);
      return box && masks.occluded <= 1 - LEAST_SEEN ? [{ ...who, box, mask: masks.person, occluded: masks.occluded }] : [];
    })
    .reverse();
}

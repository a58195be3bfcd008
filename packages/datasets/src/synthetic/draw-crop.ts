import type { Random } from '@reidkit/core-tensor/base';
import { NEAREST_PROP, scaleAt, tiltAt } from './backdrop.ts';
import { view, type Canvas } from './canvas.ts';
import { DOMAINS } from './domain.ts';
import { drawPerson, drawYaw, masksOf, standingAt, viewOf, type PersonMasks } from './draw-person.ts';
import { drawOccluder, drawProp, placeOccluder, type Occluder, type Standing } from './occluder.ts';
import type { CropJob } from './plan.ts';
import { expose } from './sensor.ts';
import type { Station, Studio } from './studio.ts';

/** A drawn crop. */
export interface Crop {
  readonly width: number;
  readonly height: number;
  /** RGB bytes. */
  readonly rgb: Uint8Array;
  /** Null for a picture without a person. */
  readonly masks: PersonMasks | null;
  /** 0 front, 1 left side, 2 back, 3 right side; null without a person. */
  readonly view: number | null;
}

/** Where a person stands in its camera's frame and in its crop. */
interface Framing {
  readonly foot: number;
  /** Pixels of the crop per frame height. */
  readonly zoom: number;
  readonly standing: Standing;
  readonly canvas: Canvas;
}

/** How the crop is cut around a person: loosely, sometimes wrongly, and for fragments so badly that a part is all there is. */
function frameCrop(
  studio: Studio,
  station: Station,
  how: { readonly random: Random; readonly tall: number; readonly isFragment: boolean },
): Framing {
  const { size, difficulty } = studio.options;
  const { camera } = station;
  const draws = how.random.stream();
  const loose = difficulty.misalignment;
  const [low, high] = DOMAINS[camera.domain].fill;
  const foot = draws.uniform(Math.max(NEAREST_PROP, camera.horizon + 0.36), 0.95);
  const tilt = tiltAt(camera, foot);
  let fill = high - (high - low) * draws.uniform() * 2 * loose;
  let bottom = 1 - (1 - fill) * draws.uniform(0.5 - 0.4 * loose, 0.5 + 0.4 * loose);
  if (draws.chance(0.16 * loose)) {
    fill *= draws.uniform(1.08, 1.3);
    bottom = draws.chance(0.6) ? fill + 0.02 : 0.98;
  }
  if (how.isFragment) {
    fill = draws.uniform(1.9, 2.6);
    bottom = draws.chance(0.5) ? 0.9 : fill * 0.95;
  }
  const apparent = how.tall * Math.cos(tilt) + 0.2 * Math.sin(tilt);
  const scale = (fill * size.height) / apparent;
  const zoom = scale / scaleAt(camera, foot);
  const x = size.width * (0.5 + draws.normal(0, 0.05) * loose * (how.isFragment ? 6 : 1));
  const backdrop = station.backdrop();
  const step = backdrop.height / zoom;
  const across = draws.uniform(0.05, 0.95) * Math.max(0, backdrop.width - size.width * step) + x * step;
  const y = size.height * bottom;
  const canvas = view(backdrop, { left: across - x * step, top: foot * backdrop.height - y * step, step }, size.width, size.height);
  return { foot, zoom, canvas, standing: standingAt(camera, foot, { x, y, zoom }) };
}

/** People and things behind the person. */
function clutter(studio: Studio, station: Station, framing: Framing, random: Random): void {
  const { camera } = station;
  const { canvas, foot, zoom, standing } = framing;
  const draws = random.stream();
  const amount = studio.options.difficulty.clutter;
  const domain = DOMAINS[camera.domain];
  const far = Math.max(camera.horizon + 0.15, foot - 0.4);
  const at = (row: number): { x: number; y: number } => ({
    x: draws.uniform(-0.1, 1.1) * canvas.width,
    y: standing.y + (row - foot) * zoom,
  });
  const rows = Array.from({ length: 3 }, () => draws.uniform(far, foot - 0.02)).sort((a, b) => a - b);
  for (const [k, row] of rows.entries()) {
    const kind = draws.uniform();
    if (kind < 0.5 * amount) {
      const place = standingAt(camera, row, { ...at(row), zoom });
      drawPerson(canvas, {
        person: studio.cast.stranger(draws.integer(512)),
        outfit: 0,
        camera,
        standing: place,
        yaw: drawYaw(draws, camera),
        random: random.fork('person', k),
      });
    } else if (kind < 0.85 * amount) {
      const foot = { ...at(row), scale: scaleAt(camera, row) * zoom };
      drawProp(canvas, draws.choice(domain.props), foot, { camera, draws: random.fork('prop', k).stream() });
    }
  }
}

/** What stands in front: the identity's companion, or something by chance, or nothing. */
function occluderOf(studio: Studio, job: CropJob, random: Random): Occluder | null {
  const { companions, occlusion } = studio.options;
  if (job.kind === 'identity' && (companions === 'all' || (companions === 'train' && job.split === 'train'))) {
    return drawOccluder(studio.random.fork('companion', job.person), occlusion.kinds);
  }
  const draws = random.stream();
  return draws.chance(occlusion[job.split]) ? drawOccluder(random.fork('kind'), occlusion.kinds) : null;
}

/** Draws one crop of a plan. The same job gives the same bytes, whatever was drawn before. */
export function drawCrop(studio: Studio, job: CropJob): Crop {
  const { options, cast } = studio;
  const station = studio.stations[job.camera]!;
  const { camera } = station;
  const random = studio.random.fork('image', job.split, job.kind, job.person, job.outfit, job.camera, job.take);
  const person = job.kind === 'stranger' || job.kind === 'background' ? cast.stranger(job.person) : cast.identity(job.person);
  const draws = random.fork('moment').stream();
  const framing = frameCrop(studio, station, {
    random: random.fork('frame'),
    tall: person.build.height,
    isFragment: job.kind === 'fragment',
  });
  const { canvas, standing } = framing;
  clutter(studio, station, framing, random.fork('clutter'));
  const yaw = drawYaw(draws, camera);
  const isEmpty = job.kind === 'background';
  const layer = isEmpty ? null : drawPerson(canvas, { person, outfit: job.outfit, camera, standing, yaw, random: random.fork('pose') });
  canvas.cover.fill(0);
  const occluder = isEmpty ? null : occluderOf(studio, job, random.fork('occluder'));
  if (occluder) placeOccluder(canvas, occluder, standing, { camera, stranger: cast.stranger(draws.integer(512)) });
  const jitter = options.difficulty.light;
  const exposure = Math.exp(draws.normal(0, 0.16 * jitter));
  const rgb = expose(canvas, station, { exposure, draws, zoom: options.size.height / 128 });
  return { width: canvas.width, height: canvas.height, rgb, masks: layer && masksOf(layer, canvas), view: isEmpty ? null : viewOf(yaw) };
}

import {
  ReidError,
  type Box,
  type FloatTransform,
  type GeometryStep,
  type GeometryTransform,
  type Picture,
  type PictureSize,
  type PictureTransform,
  Random,
  type Sample,
  type Transform,
} from '@reidkit/core-tensor/base';
import { pixelEngine } from '../pixels/pixel-engine.ts';
import { normalizationLevels } from '../transforms/normalize.ts';
import { backwards, compose, IDENTITY_MAP, type AffineMap } from './affine-map.ts';
import { Canvas } from './canvas.ts';
import { moveBox, movedSize, moveMask } from './move-geometry.ts';

/** What a pipeline made of a sample beside the floats. */
export interface MovedSample {
  /** From pixels of the result to pixels of the original. */
  readonly toOriginal: AffineMap;
  readonly masks: Readonly<Record<string, Picture>>;
  readonly boxes: Readonly<Record<string, Box>>;
}

interface Placed<T> {
  readonly position: number;
  readonly transform: T;
}

const PROBE_DRAWS = Random.seed(0);

const UNIT_LEVELS = { mean: [0, 0, 0], deviation: [1, 1, 1], scale: 1 } as const;

/** Two sizes that differ in everything: a pipeline that leads from both to one size leads there from any. */
const PROBES: readonly PictureSize[] = [
  { width: 61, height: 157 },
  { width: 97, height: 89 },
];

/**
 * Transforms put together: from a decoded picture, with masks and boxes, to normalised floats of one size.
 *
 * @example
 * ```ts
 * import { Random } from '@reidkit/core-tensor';
 * import { buildPipeline } from '@reidkit/datasets';
 * const pipeline = await buildPipeline([{ use: 'transform/resize', options: { height: 8, width: 4 } }]);
 * const image = { width: 2, height: 4, channels: 3, data: new Uint8Array(24).fill(255) } as const;
 * const out = new Float32Array(8 * 4 * 3);
 * pipeline.run({ image }, Random.seed(1), out);
 * console.assert(out.every((value) => value === 1));
 * ```
 */
export class SamplePipeline {
  /** Size of the result in pixels. */
  readonly size: PictureSize;
  readonly #early: readonly Placed<GeometryTransform | PictureTransform>[];
  readonly #late: readonly Placed<FloatTransform>[];
  readonly #levels: Float32Array;

  /** Throws INVALID_OPTIONS when the order is wrong or the result's size would depend on the image. */
  constructor(transforms: readonly Transform[]) {
    const placed = transforms.map((transform, position) => ({ transform, position }));
    const early = (t: Transform): t is GeometryTransform | PictureTransform => t.stage === 'geometry' || t.stage === 'picture';
    this.#early = placed.filter((p): p is Placed<GeometryTransform | PictureTransform> => early(p.transform));
    this.#late = placed.filter((p): p is Placed<FloatTransform> => p.transform.stage === 'float');
    checkOrder(transforms);
    const normalize = transforms.find((transform) => transform.stage === 'normalize');
    this.#levels = normalizationLevels(normalize ?? UNIT_LEVELS);
    this.size = this.#fixedSize();
  }

  /**
   * Runs a sample through; writes `[height, width, 3]` to `out`. Each transform draws from a place of its own in the tree of random numbers.
   * Throws what a transform throws, and SHAPE_MISMATCH when a picture transform changes the size.
   */
  run(sample: Sample, random: Random, out: Float32Array): MovedSample {
    const engine = pixelEngine();
    let canvas = new Canvas(engine, sample.image);
    let masks = sample.masks ?? {};
    let boxes = sample.boxes ?? {};
    let toOriginal = IDENTITY_MAP;
    let pending: GeometryStep[] = [];
    const moveMasks = (): void => {
      masks = mapValues(masks, (mask) => moveMask(pending, mask));
      pending = [];
    };
    const moveStep = (step: GeometryStep): void => {
      const size = { width: canvas.width, height: canvas.height };
      boxes = mapValues(boxes, (box) => moveBox(step, size, box));
      toOriginal = compose(backwards(step, size), toOriginal);
      pending.push(step);
      canvas.apply(step);
    };
    for (const { transform, position } of this.#early) {
      const draws = random.fork('transform', position).stream();
      if (transform.stage === 'geometry') transform.plan({ width: canvas.width, height: canvas.height }, draws).forEach(moveStep);
      else {
        const image = canvas.picture();
        moveMasks();
        const changed = transform.apply({ image, masks, boxes }, draws);
        checkSameSize(changed.image, image, position);
        masks = changed.masks ?? masks;
        canvas = new Canvas(engine, changed.image);
      }
    }
    canvas.floats(this.#levels, out);
    moveMasks();
    for (const { transform, position } of this.#late) {
      transform.apply({ ...this.size, data: out }, random.fork('transform', position).stream());
    }
    return { toOriginal, masks, boxes };
  }

  #fixedSize(): PictureSize {
    const draws = PROBE_DRAWS.fork('probe');
    const [one, other] = PROBES.map((probe) => {
      const steps = (size: PictureSize, { transform }: Placed<GeometryTransform | PictureTransform>): PictureSize =>
        transform.stage === 'picture' ? size : transform.plan(size, draws.stream()).reduce((at, step) => movedSize(step, at), size);
      return this.#early.reduce(steps, probe);
    });
    if (one!.width === other!.width && one!.height === other!.height) return one!;
    throw new ReidError(
      'INVALID_OPTIONS',
      `These transforms turn images of ${shape(PROBES[0]!)} into ${shape(one!)} and images of ${shape(PROBES[1]!)} into ${shape(other!)} (height by width): a batch needs one size.`,
      { hint: 'begin with { use: "transform/resize", options: { height: 256, width: 128 } }, or end with transform/center-crop.' },
    );
  }
}

const shape = ({ width, height }: PictureSize): string => `${height} by ${width}`;

const mapValues = <T, U>(values: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));

function checkOrder(transforms: readonly Transform[]): void {
  const rank = { geometry: 0, picture: 0, normalize: 1, float: 2 } as const;
  transforms.forEach(({ stage }, position) => {
    const before = transforms[position - 1]?.stage;
    if (before === undefined || rank[before] < rank[stage] || (before !== 'normalize' && rank[before] === rank[stage])) return;
    throw new ReidError('INVALID_OPTIONS', `Transform ${position} (stage "${stage}") cannot come after one of stage "${before}".`, {
      hint: 'the order is: geometry and picture transforms, at most one normalisation, float transforms (erasing with noise).',
    });
  });
}

function checkSameSize(changed: Picture, before: Picture, position: number): void {
  if (changed.width === before.width && changed.height === before.height && changed.channels === 3) return;
  throw new ReidError(
    'SHAPE_MISMATCH',
    `Transform ${position} (stage "picture") expected to keep ${shape(before)} with 3 channels, gave ${shape(changed)} with ${changed.channels}.`,
    { hint: 'pixels are moved by transforms of stage "geometry", which plan steps, so that masks and boxes follow.' },
  );
}

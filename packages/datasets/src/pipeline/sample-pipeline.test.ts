import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createRegistry,
  Random,
  ReidError,
  type Box,
  type GeometryStep,
  type Node,
  type Picture,
  type PictureTransform,
  type Sample,
  type Transform,
} from '@reidkit/core-tensor/base';
import { datasetsPlugin } from '../plugin.ts';
import { mapPoint } from './affine-map.ts';
import { SamplePipeline } from './sample-pipeline.ts';

const registry = createRegistry(datasetsPlugin);
const pipelineOf = (...nodes: readonly Node[]): SamplePipeline => new SamplePipeline(nodes.map((node) => registry.use<Transform>(node)));

const planned = (steps: readonly GeometryStep[]): Transform => ({ stage: 'geometry', plan: () => steps });

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (ReidError.is(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** A black picture with a white box, a mask of the box, and the box. */
function boxed(width: number, height: number, [x0, y0, x1, y1]: Box): Sample {
  const mask = new Uint8Array(width * height);
  for (let y = y0; y < y1; y++) mask.fill(1, y * width + x0, y * width + x1);
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => mask[Math.floor(i / 3)]! * 255);
  return {
    image: { width, height, channels: 3, data },
    masks: { person: { width, height, channels: 1, data: mask } },
    boxes: { all: [x0, y0, x1, y1] },
  };
}

function run(pipeline: SamplePipeline, sample: Sample, seed = 1): { out: Float32Array; moved: ReturnType<SamplePipeline['run']> } {
  const out = new Float32Array(pipeline.size.width * pipeline.size.height * 3);
  return { out, moved: pipeline.run(sample, Random.seed(seed), out) };
}

const FILL = [0, 0, 0] as const;

/** Steps that move whole pixels: enlarging by whole factors, mirrors, windows. */
const wholeSteps = fc.array(
  fc.oneof(
    fc.constant<GeometryStep>({ step: 'flip' }),
    fc.record({
      step: fc.constant('window' as const),
      left: fc.integer({ min: -5, max: 5 }),
      top: fc.integer({ min: -5, max: 5 }),
      width: fc.constant(24),
      height: fc.constant(20),
      fill: fc.constant(FILL),
    }),
  ),
  { maxLength: 6 },
);

describe('geometry', () => {
  it('moves image, mask and box together, whatever the steps', () => {
    fc.assert(
      fc.property(wholeSteps, fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 16 }), (steps, x, y) => {
        const sample = boxed(24, 20, [x, y, x + 4, y + 3]);
        const first: GeometryStep = { step: 'resize', width: 24, height: 20, filter: 'bilinear' };
        const { out, moved } = run(new SamplePipeline([planned([first, ...steps])]), sample);
        const [x0, y0, x1, y1] = moved.boxes.all!;
        let wrong = 0;
        for (let row = 0; row < 20; row++) {
          for (let column = 0; column < 24; column++) {
            const inBox = column >= x0 && column < x1 && row >= y0 && row < y1;
            const at = row * 24 + column;
            // A window may have cut a part away; what is left is inside the box and equal in image and mask.
            if (out[at * 3] !== moved.masks.person!.data[at] || (out[at * 3] === 1 && !inBox)) wrong++;
          }
        }
        expect(wrong).toBe(0);
      }),
    );
  });

  it('maps the corners of the moved box back to where they were', () => {
    const steps = fc.array(
      fc.oneof(
        fc.constant<GeometryStep>({ step: 'flip' }),
        fc.record({
          step: fc.constant('window' as const),
          left: fc.integer({ min: -9, max: 9 }),
          top: fc.integer({ min: -9, max: 9 }),
          width: fc.integer({ min: 4, max: 60 }),
          height: fc.integer({ min: 4, max: 60 }),
          fill: fc.constant(FILL),
        }),
        fc.record({
          step: fc.constant('resize' as const),
          width: fc.integer({ min: 4, max: 60 }),
          height: fc.integer({ min: 4, max: 60 }),
          filter: fc.constant('bilinear' as const),
        }),
      ),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(steps, (some) => {
        const last: GeometryStep = { step: 'resize', width: 16, height: 32, filter: 'bilinear' };
        const { moved } = run(new SamplePipeline([planned([{ ...last, width: 40 }, ...some, last])]), boxed(30, 50, [3, 5, 11, 40]));
        const [x0, y0, x1, y1] = moved.boxes.all!;
        const corners = [mapPoint(moved.toOriginal, [x0, y0]), mapPoint(moved.toOriginal, [x1, y1])];
        const [left, right] = [corners[0]![0], corners[1]![0]].sort((a, b) => a - b);
        expect(left).toBeCloseTo(3, 6);
        expect(right).toBeCloseTo(11, 6);
        expect(corners[0]![1]).toBeCloseTo(5, 6);
        expect(corners[1]![1]).toBeCloseTo(40, 6);
      }),
    );
  });

  it('keeps the values of masks and gives 0 outside', () => {
    const mask: Picture = { width: 2, height: 1, channels: 1, data: Uint8Array.of(3, 4) };
    const sample = { image: { width: 2, height: 1, channels: 3, data: new Uint8Array(6) } as const, masks: { parts: mask } };
    const steps: GeometryStep[] = [
      { step: 'resize', width: 4, height: 1, filter: 'bicubic' },
      { step: 'window', left: -1, top: 0, width: 6, height: 1, fill: [9, 9, 9] },
    ];
    const { moved } = run(new SamplePipeline([planned(steps)]), sample);
    expect([...moved.masks.parts!.data]).toEqual([0, 3, 3, 4, 4, 0]);
  });

  it('leaves masks and boxes where a window moves the image only', () => {
    const resize = { use: 'transform/resize', options: { height: 20, width: 24 } };
    const crop = (masksFollow: boolean): Node => ({ use: 'transform/pad-crop', options: { padding: 5, masksFollow } });
    const sample = boxed(24, 20, [4, 4, 8, 8]);
    const still = run(pipelineOf(resize, crop(false)), sample, 3);
    const follows = run(pipelineOf(resize, crop(true)), sample, 3);
    expect(still.out).toEqual(follows.out);
    expect(still.moved.boxes.all).toEqual([4, 4, 8, 8]);
    expect(follows.moved.boxes.all).not.toEqual([4, 4, 8, 8]);
    expect(still.moved.masks.person!.data).toEqual(sample.masks!.person!.data);
  });

  it('gives the same floats when the same steps are carried out one by one', () => {
    const sample = boxed(30, 50, [3, 5, 11, 40]);
    const steps: GeometryStep[] = [
      { step: 'resize', width: 24, height: 40, filter: 'bicubic' },
      { step: 'flip' },
      { step: 'window', left: -3, top: 4, width: 24, height: 40, fill: [200, 100, 50] },
      { step: 'flip' },
      { step: 'window', left: 2, top: 2, width: 20, height: 44, fill: [1, 2, 3] },
      { step: 'resize', width: 16, height: 32, filter: 'bicubic' },
    ];
    const settle: PictureTransform = { stage: 'picture', apply: (same) => same };
    const together = run(new SamplePipeline([planned(steps)]), sample);
    const apart = run(new SamplePipeline(steps.flatMap((step) => [planned([step]), settle])), sample);
    expect(apart.out).toEqual(together.out);
    expect(apart.moved.toOriginal).toEqual(together.moved.toOriginal);
    expect(apart.moved.masks.person!.data).toEqual(together.moved.masks.person!.data);
  });
});

describe('random numbers', () => {
  const transforms: readonly Node[] = [
    { use: 'transform/resize', options: { height: 20, width: 24 } },
    { use: 'transform/flip' },
    { use: 'transform/pad-crop' },
    { use: 'transform/normalize', options: { constants: 'half' } },
    { use: 'transform/random-erasing', options: { probability: 1 } },
  ];

  it('decide everything: equal for equal places, other for others', () => {
    const sample = boxed(30, 50, [3, 5, 11, 40]);
    expect(run(pipelineOf(...transforms), sample, 7).out).toEqual(run(pipelineOf(...transforms), sample, 7).out);
    expect(run(pipelineOf(...transforms), sample, 8).out).not.toEqual(run(pipelineOf(...transforms), sample, 7).out);
  });

  it('of one transform do not depend on what another draws', () => {
    const sample = boxed(30, 50, [3, 5, 11, 40]);
    const [resize, , crop] = transforms;
    const always = run(pipelineOf(resize!, { use: 'transform/flip', options: { probability: 0 } }, crop!), sample, 4);
    const jittered = run(pipelineOf(resize!, { use: 'transform/color-jitter', options: { hue: 0.1 } }, crop!), sample, 4);
    expect(jittered.moved.boxes).toEqual(always.moved.boxes);
  });

  it('fill an erased box with noise of mean 0 and deviation 1', () => {
    const area = { probability: 1, area: [0.3, 0.33] };
    const white = { image: { width: 64, height: 64, channels: 3, data: new Uint8Array(64 * 64 * 3).fill(255) } as const };
    const size = { use: 'transform/resize', options: { height: 256, width: 128 } };
    const erased = (fill: unknown): number[] =>
      [...run(pipelineOf(size, { use: 'transform/random-erasing', options: { ...area, fill } }), white).out].filter((value) => value !== 1);
    const noise = erased('noise');
    expect(noise.length).toBeGreaterThan(20_000);
    const mean = noise.reduce((sum, x) => sum + x, 0) / noise.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(noise.reduce((sum, x) => sum + (x - mean) ** 2, 0) / noise.length).toBeCloseTo(1, 1);
    expect(new Set(erased([0.25, 0.5, 0.75]))).toEqual(new Set([0.25, 0.5, 0.75]));
    expect(new Set(erased('color')).size).toBe(3);
  });
});

describe('what does not fit together', () => {
  const resize = { use: 'transform/resize', options: { height: 20, width: 24 } };
  const normalize = { use: 'transform/normalize', options: { constants: 'clip' } };

  it('is refused when the order is wrong', () => {
    expect(messageOf(() => pipelineOf(normalize, resize))).toContain(
      'Transform 1 (stage "geometry") cannot come after one of stage "normalize"',
    );
    expect(messageOf(() => pipelineOf(resize, normalize, normalize))).toContain('INVALID_OPTIONS');
    expect(messageOf(() => pipelineOf(resize, { use: 'transform/random-erasing' }, normalize))).toContain('at most one normalisation');
  });

  it('is refused when images would come out in different sizes', () => {
    const message = messageOf(() => pipelineOf({ use: 'transform/resize', options: { shortSide: 20 } }, normalize));
    expect(message).toContain('a batch needs one size');
    expect(message).toContain('"transform/resize"');
  });

  it('is refused when a picture transform changes the size', () => {
    const cut: PictureTransform = {
      stage: 'picture',
      apply: (sample) => ({ ...sample, image: { ...sample.image, width: 12, height: 40 } }),
    };
    const pipeline = new SamplePipeline([registry.use<Transform>(resize), cut]);
    expect(messageOf(() => run(pipeline, boxed(30, 50, [1, 1, 3, 3])))).toContain(
      'expected to keep 20 by 24 with 3 channels, gave 40 by 12',
    );
  });
});

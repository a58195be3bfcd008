import { defineComponent, type AnnotationItem, type Annotator, type Box } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { BODY_PARTS, partStripe } from './body-parts.ts';
import { calibratePartBoxes, PART_BOUNDS } from './calibrate-part-boxes.ts';

/** Where the person of an item is. */
export function regionOf({ person, width, height }: AnnotationItem): Box {
  const [x0, y0, x1, y1] = person?.box ?? [0, 0, width, height];
  return [Math.max(0, x0), Math.max(0, y0), Math.min(width, x1), Math.min(height, y1)];
}

/** `annotator/stripes`: head, upper body and legs as three stripes of a person's height. */
export const stripes = defineComponent({
  summary: 'Part boxes without a model: head, upper body and legs as stripes of the height.',
  options: z.strictObject({}),
  build: (): Annotator => ({
    name: 'part-boxes',
    producer: 'annotator/stripes 1',
    gives: ['partBoxes'],
    annotate: (item) =>
      Promise.resolve({ partBoxes: Object.fromEntries(BODY_PARTS.map((part) => [part, partStripe(part, regionOf(item))])) }),
  }),
});

const ratio = z.tuple([z.number().min(0).max(1), z.number().min(0).max(1)]);

const calibrationOptions = z.strictObject({
  height: z
    .strictObject({
      head: ratio.default([...PART_BOUNDS.height.head]),
      upper: ratio.default([...PART_BOUNDS.height.upper]),
      legs: ratio.default([...PART_BOUNDS.height.legs]),
    })
    .prefault({})
    .describe('least and largest height of each part, as a share of the person’s'),
  area: z.number().min(0).max(1).default(PART_BOUNDS.area).describe('largest share of the person’s area'),
  extent: z.number().min(0).default(PART_BOUNDS.extent).describe('least width and height, pixels'),
});

/** `annotator/part-calibration`: part boxes that are known, with stripes in place of those that cannot be right. Quality is the share that was kept. */
export const partCalibration = defineComponent({
  summary: 'Known part boxes, with stripes in place of those that are missing, too small or too large.',
  paper: 'https://arxiv.org/abs/2603.14012',
  options: calibrationOptions,
  build: (bounds): Annotator => ({
    name: 'part-boxes-calibrated',
    producer: 'annotator/part-calibration 1',
    gives: ['partBoxes'],
    annotate(item) {
      const { boxes, replaced } = calibratePartBoxes(item.known.partBoxes ?? {}, regionOf(item), bounds);
      return Promise.resolve({ partBoxes: boxes, quality: 1 - Object.keys(replaced).length / BODY_PARTS.length });
    },
  }),
});

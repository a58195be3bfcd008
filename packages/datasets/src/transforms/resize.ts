import { defineComponent, type GeometryTransform, type PictureSize } from '@reidkit/core-tensor/base';
import { z } from 'zod';

const filter = z.enum(['nearest', 'bilinear', 'bicubic']).default('bicubic').describe('interpolation; shrinking averages, as in Pillow');
const pixels = z.number().int().min(1).max(16384);

const options = z.union([
  z.strictObject({ height: pixels.describe('pixels'), width: pixels.describe('pixels'), filter }),
  z.strictObject({ shortSide: pixels.describe('pixels of the shorter side; the aspect ratio stays'), filter }),
]);

/** Size after resizing the shorter side to `side`: the longer one is truncated to a whole number, as torchvision does. */
export function shortSideSize({ width, height }: PictureSize, side: number): PictureSize {
  return width <= height
    ? { width: side, height: Math.trunc((side * height) / width) }
    : { width: Math.trunc((side * width) / height), height: side };
}

/** `transform/resize`: Pillow's resize, bit for bit. */
export const resize = defineComponent({
  summary: 'Resizes to a height and width, or the shorter side to a length, with the same bits as Pillow.',
  options,
  build: (chosen): GeometryTransform => ({
    stage: 'geometry',
    plan: (size) => {
      const target = 'shortSide' in chosen ? shortSideSize(size, chosen.shortSide) : chosen;
      return [{ step: 'resize', width: target.width, height: target.height, filter: chosen.filter }];
    },
  }),
});

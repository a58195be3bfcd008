import { defineComponent, ReidError, type GeometryTransform } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { fillColor } from './fill-color.ts';

const pixels = z.number().int().min(1).max(16384);

/** `transform/pad-crop`: pads on all sides, then crops at a random place. */
export const padCrop = defineComponent({
  summary: 'Pads on all four sides, then cuts out a window at a random place.',
  options: z.strictObject({
    padding: z.number().int().min(0).max(4096).default(10).describe('pixels added on each side'),
    height: pixels.optional().describe('pixels of the window; the height of the image by default'),
    width: pixels.optional().describe('pixels of the window; the width of the image by default'),
    fill: fillColor,
    masksFollow: z.boolean().default(true).describe('move masks and boxes with the crop; MUVA’s code leaves them where they were'),
  }),
  build: ({ padding, height, width, fill, masksFollow }): GeometryTransform => ({
    stage: 'geometry',
    plan: (size, draws) => {
      const window = { width: width ?? size.width, height: height ?? size.height };
      const room = { x: size.width + 2 * padding - window.width, y: size.height + 2 * padding - window.height };
      if (room.x < 0 || room.y < 0) {
        throw new ReidError(
          'SHAPE_MISMATCH',
          `transform/pad-crop: a window of ${window.height} by ${window.width} (height by width) does not fit into an image of ${size.height} by ${size.width} padded by ${padding}.`,
          { hint: 'put transform/resize before it, or pad more.' },
        );
      }
      const top = draws.integer(room.y + 1) - padding;
      const left = draws.integer(room.x + 1) - padding;
      return [{ step: 'window', left, top, ...window, fill, ...(masksFollow ? {} : { imageOnly: true }) }];
    },
  }),
});

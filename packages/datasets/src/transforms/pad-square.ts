import { defineComponent, type GeometryTransform } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { fillColor } from './fill-color.ts';

/** `transform/pad-square`: pads the shorter side. */
export const padSquare = defineComponent({
  summary: 'Pads the shorter side to a square with the image in the middle, as LLaVA does; resize it to one size behind that.',
  options: z.strictObject({ fill: fillColor }),
  build: ({ fill }): GeometryTransform => ({
    stage: 'geometry',
    plan: ({ width, height }) => {
      const side = Math.max(width, height);
      const [left, top] = [Math.ceil((width - side) / 2), Math.ceil((height - side) / 2)];
      return [{ step: 'window', left, top, width: side, height: side, fill }];
    },
  }),
});

import { defineComponent, type GeometryTransform } from '@reidkit/core-tensor/base';
import { z } from 'zod';

/** `transform/flip`: mirrors left and right with a probability. */
export const flip = defineComponent({
  summary: 'Mirrors the image, its masks and boxes from left to right with a probability.',
  options: z.strictObject({ probability: z.number().min(0).max(1).default(0.5).describe('share of images that are mirrored') }),
  build: ({ probability }): GeometryTransform => ({
    stage: 'geometry',
    plan: (_size, draws) => (draws.chance(probability) ? [{ step: 'flip' }] : []),
  }),
});

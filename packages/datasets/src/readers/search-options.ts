import { z } from 'zod';
import { cropOptions } from './crop-options.ts';

/** Options that every reader of frames with people in them has. */
export const searchOptions = {
  ...cropOptions,
  boxes: z
    .enum(['frame', 'published'])
    .default('frame')
    .describe(
      '"frame": boxes as annotated, without negative coordinates, and dropped where they are outside; "published": whole pixels as the loader of the published results has them',
    ),
};

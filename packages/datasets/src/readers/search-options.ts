import { z } from 'zod';

/** Options that every reader of frames with people in them has. */
export const searchOptions = {
  root: z.string().min(1).describe('the folder of the data set, or the one above'),
  boxes: z
    .enum(['frame', 'published'])
    .default('frame')
    .describe(
      '"frame": boxes as annotated, cropped to their frame; "published": whole pixels as the loader of the published results has them',
    ),
};

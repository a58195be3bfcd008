import { z } from 'zod';

/** Options that every reader of crops has. */
export const cropOptions = {
  root: z.string().min(1).describe('the folder of the data set, or the one above'),
  sidecar: z
    .enum(['auto', 'require', 'ignore'])
    .default('auto')
    .describe('records.jsonl beside the images: join it when it is there, require it, or ignore it'),
};

import { z } from 'zod';

/** Options that every reader of crops has. */
export const cropOptions = {
  root: z.string().min(1).describe('the folder of the data set, or the one above'),
  sidecar: z
    .enum(['auto', 'require', 'ignore'])
    .default('auto')
    .describe('records.jsonl and sidecars/*.jsonl beside the images: join them when they are there, require one, or ignore them'),
};

import { defineComponent, type Prepare } from '@reidkit/core-tensor';
import { z } from 'zod';

/** `prepare/features`: an output of the model for every record of the stage's stream, computed once. */
export const features = defineComponent({
  summary: 'An output of the model for every training image, computed once without augmentation: `[records, D]`.',
  options: z.strictObject({
    pass: z.string().default('images').describe('way through the model'),
    output: z.string().describe('name of the output'),
    batchSize: z.number().int().min(1).max(4096).default(64).describe('images'),
  }),
  build: ({ pass, output, batchSize }): Prepare => ({
    gives: ['value'],
    async run({ infer, records, labels }) {
      const rows = await infer(pass, [output], records(batchSize), Math.ceil(labels.length / batchSize));
      return { value: rows[output]! };
    },
  }),
});

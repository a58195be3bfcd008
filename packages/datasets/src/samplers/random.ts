import { defineComponent, ReidError, type Sampler } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { cutBatches } from './cut-batches.ts';

/** `sampler/random`: every record once per epoch, in random order. */
export const random = defineComponent({
  summary: 'Every record once per epoch, in random order.',
  options: z.strictObject({
    batchSize: z.number().int().min(1).max(4096).default(64).describe('images'),
    last: z.enum(['keep', 'drop']).default('drop').describe('a last batch that is not full: keep (padded) or drop'),
  }),
  build: ({ batchSize, last }): Sampler => ({
    batchSize,
    batches: ({ labels }, place) => {
      const batches = cutBatches(place.stream().shuffle([...labels.keys()]), batchSize, last);
      if (batches.length > 0) return batches;
      throw new ReidError('DATASET_INVALID', `sampler/random: ${labels.length} images do not fill a batch of ${batchSize}.`, {
        hint: 'use a smaller batchSize, or last: "keep".',
      });
    },
  }),
});

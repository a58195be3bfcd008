import { defineComponent, ReidError, type Sampler } from '@reidkit/core-tensor';
import { z } from 'zod';
import { cutBatches } from './cut-batches.ts';

/** `sampler/sequential`: every record once, in order, for evaluation. */
export const sequential = defineComponent({
  summary: 'Every record once, in order; the last batch may be small and is padded.',
  options: z.strictObject({ batchSize: z.number().int().min(1).max(4096).default(64).describe('images') }),
  build: ({ batchSize }): Sampler => ({
    batchSize,
    batches: ({ labels }) => {
      if (labels.length === 0) throw new ReidError('DATASET_INVALID', 'sampler/sequential: there are no images.');
      return cutBatches([...labels.keys()], batchSize, 'keep');
    },
  }),
});

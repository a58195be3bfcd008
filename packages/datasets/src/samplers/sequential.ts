import { defineComponent, ReidError, type Sampler } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { cutBatches } from './cut-batches.ts';

const options = z.strictObject({ batchSize: z.number().int().min(1).max(4096).default(64).describe('images') });

/** Every record once, in order; the last batch may be small and is padded. Its batches throw DATASET_INVALID for an empty table. */
export function sequential(chosen: z.input<typeof options> = {}): Sampler {
  const { batchSize } = options.parse(chosen);
  return {
    batchSize,
    batches: ({ labels }) => {
      if (labels.length === 0) throw new ReidError('DATASET_INVALID', 'sampler/sequential: there are no images.');
      return cutBatches([...labels.keys()], batchSize, 'keep');
    },
  };
}

/** `sampler/sequential`: every record once, in order, for evaluation. */
export const sequentialComponent = defineComponent({
  summary: 'Every record once, in order; the last batch may be small and is padded.',
  options,
  build: (chosen) => sequential(chosen),
});

import { defineComponent, ReidError, type RandomStream, type Sampler } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { cutBatches } from './cut-batches.ts';
import { groupByLabel } from './group-by-label.ts';

/** `count` of the positions: each once in random order before any comes again. */
function drawEvenly(positions: readonly number[], count: number, draws: RandomStream): number[] {
  const drawn: number[] = [];
  while (drawn.length < count) drawn.push(...draws.shuffle(positions).slice(0, count - drawn.length));
  return drawn;
}

/** `sampler/identity-balanced`: every identity equally often, however many images it has. */
export const identityBalanced = defineComponent({
  summary: 'Every identity equally often per epoch, however many images it has, in random order.',
  options: z.strictObject({
    batchSize: z.number().int().min(1).max(4096).default(64).describe('images'),
    images: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe('images per identity and epoch; by default the mean number, rounded up'),
    last: z.enum(['keep', 'drop']).default('drop').describe('a last batch that is not full: keep (padded) or drop'),
  }),
  build: ({ batchSize, images, last }): Sampler => ({
    batchSize,
    batches: ({ labels }, random) => {
      const groups = [...groupByLabel(labels).values()];
      const labelled = groups.reduce((sum, group) => sum + group.length, 0);
      const each = images ?? Math.ceil(labelled / Math.max(1, groups.length));
      const draws = random.stream();
      const order = draws.shuffle(groups.flatMap((group) => drawEvenly(group, each, draws)));
      const batches = cutBatches(order, batchSize, last);
      if (batches.length > 0) return batches;
      throw new ReidError('DATASET_INVALID', `sampler/identity-balanced: ${order.length} images do not fill a batch of ${batchSize}.`, {
        hint: 'use a smaller batchSize, more images per identity, or last: "keep".',
      });
    },
  }),
});

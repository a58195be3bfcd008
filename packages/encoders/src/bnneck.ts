import { defineComponent, type HeadSite, type MakeHead } from '@reidkit/core-tensor';
import { z } from 'zod';
import { BatchNorm } from './batch-norm.ts';

/** Options of `head/bnneck`. */
export const bnneckOptions = z.strictObject({
  trainsBias: z.boolean().default(false).describe('Whether training may move the centre away from 0.'),
  epsilon: z.number().positive().default(1e-5).describe('Added to the variance.'),
  momentum: z.number().min(0).max(1).default(0.1).describe("Share of the batch's statistics in the running ones."),
});

/**
 * Batch-norm neck: metric losses read the descriptor in front of it, the classifier the one behind.
 * @see Luo et al., "Bag of Tricks and a Strong Baseline for Deep Person Re-identification" (2019), section 3.6.
 */
export function bnneck({ width }: Pick<HeadSite, 'width'>, options: z.input<typeof bnneckOptions> = {}): BatchNorm {
  return new BatchNorm({ width, ...bnneckOptions.parse(options) });
}

/** `head/bnneck`. */
export const bnneckComponent = defineComponent({
  summary: 'Batch-norm neck between the descriptor of metric losses and that of the classifier.',
  paper: 'https://arxiv.org/abs/1903.07071',
  options: bnneckOptions,
  build:
    (options): MakeHead =>
    (site) =>
      bnneck(site, options),
});

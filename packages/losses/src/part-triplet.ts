import { add, defineComponent, matchShape, mul, reshape, slice, type Loss, type Tensor } from '@reidkit/core-tensor';
import { z } from 'zod';
import { tripletLoss, tripletOptions, type TripletOptions } from './triplet.ts';

/** Options of `loss/part-triplet`: those of `loss/triplet`. */
export const partTripletOptions = tripletOptions.extend({
  average: z.enum(['sum', 'mean']).default('sum').describe('Whether the losses of the parts are added up or averaged.'),
});

/** Options of {@link partTripletLoss}: those of `loss/part-triplet`, and which rows are no padding `[B]`. */
export type PartTripletOptions = TripletOptions & Pick<z.input<typeof partTripletOptions>, 'average'>;

/**
 * Triplet loss of every part by itself: `parts [B, P, D]`, `labels [B]` int32 → `[]`, the mean over anchors, added up over the parts. Throws
 * SHAPE_MISMATCH.
 * @see "Region Generation and Assessment Network for Occluded Person Re-Identification", Eq. 8.
 */
export function partTripletLoss(parts: Tensor, labels: Tensor, { average = 'sum', ...options }: PartTripletOptions = {}): Tensor {
  const { B, P, D } = matchShape('part triplets', parts.shape, ['B', 'P', 'D']);
  const of = (part: number): Tensor => tripletLoss(reshape(slice(parts, [0, part, 0], [B, 1, D]), [B, D]), labels, options);
  const total = Array.from({ length: P }, (_, part) => of(part)).reduce((sum, term) => add(sum, term));
  return average === 'sum' ? total : mul(total, 1 / P);
}

/** `loss/part-triplet`. */
export const partTripletComponent = defineComponent({
  summary: 'Triplet loss of every part by itself, added up over the parts.',
  paper: 'https://arxiv.org/abs/1703.07737',
  options: partTripletOptions,
  build: (options): Loss => ({
    reads: { embeddings: 'outputs.parts', labels: 'batch.labels', valid: 'batch.valid' },
    compute: ({ embeddings, labels, valid }) => partTripletLoss(embeddings!, labels!, { ...options, ...(valid ? { valid } : {}) }),
  }),
});

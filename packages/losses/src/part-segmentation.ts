import { cast, defineComponent, equal, matchShape, reshape, sub, type Loss, type Tensor } from '@reidkit/core-tensor';
import { z } from 'zod';
import { crossEntropyLoss } from './cross-entropy.ts';

/** Options of `loss/part-segmentation`. */
export const partSegmentationOptions = z.strictObject({
  background: z
    .boolean()
    .default(true)
    .describe('Whether places of class 0, the background, count too. Without them it still stands in the softmax.'),
});

/**
 * Cross-entropy of part scores against part numbers, mean over the places that count: `logits [B, N, 1 + P]`, `labels [B, N]` int32 (0 for the
 * background, negative for no label) → `[]`; 0 when no place counts. Throws SHAPE_MISMATCH.
 * @see "Region Generation and Assessment Network for Occluded Person Re-Identification", Eq. 3, which is printed without its minus sign.
 */
export function partSegmentationLoss(
  logits: Tensor,
  labels: Tensor,
  { background = true }: z.input<typeof partSegmentationOptions> = {},
): Tensor {
  const { B, N, P } = matchShape('part segmentation', logits.shape, ['B', 'N', 'P']);
  matchShape('labels of the part segmentation', labels.shape, [B, N]);
  const flat = reshape(labels, [B * N]);
  const counted = background ? flat : sub(flat, cast(equal(flat, 0), 'int32'));
  return crossEntropyLoss(reshape(logits, [B * N, P]), counted);
}

/** `loss/part-segmentation`. */
export const partSegmentationComponent = defineComponent({
  summary: 'Cross-entropy of the part scores of every place against maps of part numbers.',
  options: partSegmentationOptions,
  build: (options): Loss => ({
    reads: { logits: 'outputs.maskLogits', labels: 'batch.partLabels' },
    compute: ({ logits, labels }) => partSegmentationLoss(logits!, labels!, options),
  }),
});

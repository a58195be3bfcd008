import { cast, defineComponent, equal, matchShape, reshape, sub, type Loss, type Tensor } from '@reidkit/core-tensor';
import { z } from 'zod';
import { crossEntropyLoss } from './cross-entropy.ts';
import { partLabels } from './part-labels.ts';

/** Options of `loss/part-segmentation`. */
export const partSegmentationOptions = z.strictObject({
  background: z
    .boolean()
    .default(true)
    .describe('Whether places of class 0, the background, count too. Without them it still stands in the softmax.'),
  from: z
    .enum(['labels', 'masks'])
    .default('labels')
    .describe(
      'Where the numbers of parts come from: maps of them, or the part masks of the batch, of which the largest share of a place counts.',
    ),
});

/**
 * Cross-entropy of part scores against part numbers, mean over the places that count: `logits [B, N, 1 + P]`, `labels [B, N]` int32 (0 for the
 * background, negative for no label) → `[]`; 0 when no place counts. Throws SHAPE_MISMATCH.
 * @see "Region Generation and Assessment Network for Occluded Person Re-Identification", Eq. 3, which is printed without its minus sign.
 */
export function partSegmentationLoss(
  logits: Tensor,
  labels: Tensor,
  { background = true }: Pick<z.input<typeof partSegmentationOptions>, 'background'> = {},
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
  build: ({ from, ...options }): Loss =>
    from === 'labels'
      ? {
          reads: { logits: 'outputs.maskLogits', labels: 'batch.partLabels' },
          compute: ({ logits, labels }) => partSegmentationLoss(logits!, labels!, options),
        }
      : {
          reads: { logits: 'outputs.maskLogits', masks: 'batch.partMasks', valid: 'batch.partMasksValid' },
          compute: ({ logits, masks, valid }) => partSegmentationLoss(logits!, partLabels(masks!, valid!), options),
        },
});

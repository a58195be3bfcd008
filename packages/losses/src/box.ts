import { add, defineComponent, matchShape, mean, mul, type Loss, type Tensor } from '@reidkit/core-tensor';
import { z } from 'zod';
import { boxCorners, boxOverlapLoss, smoothL1 } from './box-losses.ts';
import { meanOver } from './mean-over.ts';

/** Options of `loss/box`. */
export const boxLossOptions = z.strictObject({
  distance: z.number().min(0).default(10).describe('Weight of the smooth distance of middles and sizes.'),
  overlap: z.number().min(0).default(1).describe('Weight of one minus the overlap.'),
  kind: z.enum(['iou', 'giou', 'diou', 'ciou']).default('ciou').describe('Which overlap.'),
  beta: z.number().min(0).default(1).describe('Differences below this are squared.'),
});

/**
 * Distance and overlap of boxes given by middle, width and height, from 0 to 1: `[B, 4]`, `[B, 4]` → `[B]`. Throws SHAPE_MISMATCH.
 * @see "FusionSegReID", Eq. 13.
 */
export function boxLoss(
  boxes: Tensor,
  targets: Tensor,
  { distance = 10, overlap = 1, kind = 'ciou', beta = 1 }: z.input<typeof boxLossOptions> = {},
): Tensor {
  const { B } = matchShape('boxes', boxes.shape, ['B', 4]);
  matchShape('target boxes', targets.shape, [B, 4]);
  const apart = mean(smoothL1(boxes, targets, beta), 1);
  return add(mul(apart, distance), mul(boxOverlapLoss(boxCorners(boxes), boxCorners(targets), kind), overlap));
}

/** `loss/box`. */
export const boxComponent = defineComponent({
  summary: 'Smooth distance and overlap of the box that a head gives (FusionSegReID), mean over the images that have one.',
  options: boxLossOptions,
  build: (options): Loss => ({
    reads: { boxes: 'outputs.boxes', targets: 'batch.boxes', valid: 'batch.boxesValid' },
    compute({ boxes, targets, valid }) {
      matchShape('valid boxes', valid!.shape, [boxes!.shape[0]!]);
      return meanOver(boxLoss(boxes!, targets!, options), valid!);
    },
  }),
});

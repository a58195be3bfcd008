import { add, cast, defineComponent, div, expandDims, matchShape, maximum, mean, mul, reshape, sigmoid, softplus, squaredDifference, sub, sum, type InputName, type Loss, type Tensor, type Tensors } from '@reidkit/core-tensor'; // prettier-ignore
import { z } from 'zod';

/** Added above and below the fraction of the overlap. */
const SMOOTH = 1e-6;

/** Sums of the overlap are divided by this, as the released code does, so that {@link SMOOTH} weighs more. */
const SCALE = 1000;

/** Which masks count. */
export interface MaskLossOptions {
  /** Whether an image has a mask of a part: `[B, P]`. Default: all have. */
  readonly valid?: Tensor | undefined;
}

/** How {@link maskOverlapLoss} sums. */
export interface MaskOverlapOptions extends MaskLossOptions {
  /** Over the patches of a part, or patch by patch as Eq. 8 is printed. Default: `region`. */
  readonly sums?: 'region' | 'patch';
}

/** Masks beside the layers' logits: `logits [B, L, P, N]`, `masks [B, P, N]` or `[B, P, h, w]` → `[B, 1, P, N]`. Throws SHAPE_MISMATCH. */
function besides(logits: Tensor, masks: Tensor): Tensor {
  const { B, P, N } = matchShape('mask loss', logits.shape, ['B', 'L', 'P', 'N']);
  const [images, parts, ...grid] = masks.shape as [number, number, ...number[]];
  matchShape('masks of the mask loss', [images, parts, grid.reduce((a, b) => a * b, 1)], [B, P, N]);
  return expandDims(reshape(masks, [B, P, N]), 1);
}

/** Mean of `values [B, L, P]` over layers and the parts that count. */
function meanOfParts(values: Tensor, { valid }: MaskLossOptions): Tensor {
  if (!valid) return mean(values);
  const counts = cast(valid, 'float32');
  return div(sum(mul(mean(values, 1), counts)), maximum(sum(counts), 1));
}

/**
 * Mean binary cross-entropy of the mask logits of all layers: `logits [B, L, P, N]`, `masks [B, P, N]` or `[B, P, h, w]` in [0, 1] → `[]`. Throws
 * SHAPE_MISMATCH.
 * @see "Multi-Grained Vision-Language Alignment for Domain Generalized Person Re-Identification", Eq. 8.
 */
export function maskCrossEntropyLoss(logits: Tensor, masks: Tensor, options: MaskLossOptions = {}): Tensor {
  return meanOfParts(mean(sub(softplus(logits), mul(logits, besides(logits, masks))), 3), options);
}

/** Mean squared difference of probabilities and masks, as {@link maskCrossEntropyLoss}. */
export function maskDifferenceLoss(logits: Tensor, masks: Tensor, options: MaskLossOptions = {}): Tensor {
  return meanOfParts(mean(squaredDifference(sigmoid(logits), besides(logits, masks)), 3), options);
}

/**
 * One minus twice the overlap of probabilities and masks over their sum (Dice), mean over layers, images and parts, as
 * {@link maskCrossEntropyLoss}. Patch by patch it is constant where the mask is 0: what is guessed there costs nothing.
 */
export function maskOverlapLoss(logits: Tensor, masks: Tensor, { sums = 'region', ...options }: MaskOverlapOptions = {}): Tensor {
  const [probabilities, wanted] = [sigmoid(logits), besides(logits, masks)];
  const [both, either] = [mul(probabilities, wanted), add(probabilities, wanted)];
  if (sums === 'patch') return meanOfParts(mean(sub(1, div(mul(both, 2), maximum(either, 1e-12))), 3), options);
  const scaled = (x: Tensor, factor: number): Tensor => add(mul(sum(x, 3), factor / SCALE), SMOOTH);
  return meanOfParts(sub(1, div(scaled(both, 2), scaled(either, 1))), options);
}

const READS: Readonly<Record<string, InputName>> = {
  logits: 'outputs.regions.logits',
  masks: 'batch.partMasks',
  valid: 'batch.partMasksValid',
};

const lossOf = (f: (logits: Tensor, masks: Tensor, options: MaskLossOptions) => Tensor): Loss => ({
  reads: READS,
  compute: ({ logits, masks, valid }: Tensors) => f(logits!, masks!, { valid }),
});

/** `loss/mask-cross-entropy`. */
export const maskCrossEntropyComponent = defineComponent({
  summary: 'Binary cross-entropy of the part masks that every layer predicts.',
  paper: 'https://arxiv.org/abs/2603.14012',
  options: z.strictObject({}),
  build: () => lossOf(maskCrossEntropyLoss),
});

/** `loss/mask-difference`. */
export const maskDifferenceComponent = defineComponent({
  summary: 'Mean squared difference of the part masks that every layer predicts.',
  options: z.strictObject({}),
  build: () => lossOf(maskDifferenceLoss),
});

/** `loss/mask-overlap`. */
export const maskOverlapComponent = defineComponent({
  summary: 'Dice loss of the part masks that every layer predicts.',
  paper: 'https://arxiv.org/abs/2603.14012',
  options: z.strictObject({
    sums: z.enum(['region', 'patch']).default('region').describe('Over the patches of a part, or patch by patch as the paper prints it.'),
  }),
  build: ({ sums }) => lossOf((logits, masks, options) => maskOverlapLoss(logits, masks, { ...options, sums })),
});

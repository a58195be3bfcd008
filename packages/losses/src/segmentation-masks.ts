import { add, cast, defineComponent, div, matchShape, maximum, mean, mul, pow, reshape, sigmoid, softplus, sub, sum, type InputName, type Loss, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { z } from 'zod';

/** Masks row by row: `logits`, `masks [M, H, W]` or `[M, 1, H, W]` → `[M, P]` both. Throws SHAPE_MISMATCH. */
function inRows(logits: Tensor, masks: Tensor): { readonly z: Tensor; readonly g: Tensor; readonly pixels: number } {
  const [count = 0] = logits.shape;
  const pixels = count === 0 ? 0 : logits.size / count;
  matchShape('masks of the segmentation', masks.shape, logits.shape);
  return { z: reshape(logits, [count, pixels]), g: reshape(masks, [count, pixels]), pixels };
}

/** Cross-entropy of every pixel: `softplus(z) − z g`. */
const pixelCosts = (z: Tensor, g: Tensor): Tensor => sub(softplus(z), mul(z, g));

/** Mean binary cross-entropy over the pixels of each mask: `logits`, `masks [M, H, W]` in [0, 1] → `[M]`. Throws SHAPE_MISMATCH. */
export function segmentationCrossEntropy(logits: Tensor, masks: Tensor): Tensor {
  const { z, g } = inRows(logits, masks);
  return mean(pixelCosts(z, g), 1);
}

/** Options of {@link segmentationDice}. */
export const diceOptions = z.strictObject({
  scale: z.number().positive().default(1000).describe('Sums are divided by this, so that `epsilon` weighs more.'),
  epsilon: z.number().positive().default(1e-6).describe('Added above and below the fraction.'),
});

/**
 * One minus twice the overlap of probabilities and mask over their sum: `logits`, `masks [M, H, W]` → `[M]`. Throws SHAPE_MISMATCH.
 * @see Lai et al., "LISA" (2024), Eq. 4, with the scale of its released code.
 */
export function segmentationDice(
  logits: Tensor,
  masks: Tensor,
  { scale = 1000, epsilon = 1e-6 }: z.input<typeof diceOptions> = {},
): Tensor {
  const { z: rows, g } = inRows(logits, masks);
  const p = sigmoid(rows);
  const scaled = (x: Tensor): Tensor => sum(div(x, scale), 1);
  return sub(1, div(add(mul(scaled(mul(p, g)), 2), epsilon), add(add(scaled(p), scaled(g)), epsilon)));
}

/** Options of {@link segmentationFocal}. */
export const segmentationFocalOptions = z.strictObject({
  gamma: z.number().min(0).default(2).describe('How much pixels count less that are sure already.'),
  alpha: z.number().min(0).max(1).default(0.25).describe('Weight of pixels of the mask; the others have 1 − alpha.'),
});

/**
 * Mean focal loss over the pixels of each mask, by sigmoids: `logits`, `masks [M, H, W]` of 0 and 1 → `[M]`. Throws SHAPE_MISMATCH.
 * @see Lin et al., "Focal Loss for Dense Object Detection" (2017), Eq. 5.
 */
export function segmentationFocal(
  logits: Tensor,
  masks: Tensor,
  { gamma = 2, alpha = 0.25 }: z.input<typeof segmentationFocalOptions> = {},
): Tensor {
  const { z: rows, g } = inRows(logits, masks);
  const p = sigmoid(rows);
  const wrong = add(mul(p, sub(1, g)), mul(sub(1, p), g));
  const weight = add(mul(g, alpha), mul(sub(1, g), 1 - alpha));
  // A share of exactly 0 has no slope that a power below 1 could pass on.
  return mean(mul(mul(weight, pow(maximum(wrong, 1e-12), gamma)), pixelCosts(rows, g)), 1);
}

/** Options of {@link segmentationWeighted}. */
export const segmentationWeightedOptions = z.strictObject({
  foreground: z.number().min(0).default(200).describe('Weight of the pixels of the mask.'),
  background: z.number().min(0).default(30).describe('Weight of the other pixels.'),
  norm: z
    .enum(['pixels', 'class'])
    .default('pixels')
    .describe('What sums are divided by: all pixels of the mask, or those of the class, 0 where it has none.'),
});

/**
 * Cross-entropy with a weight for pixels inside and one for pixels outside, for each mask: `logits`, `masks [M, H, W]` of 0 and 1 → `[M]`.
 * Throws SHAPE_MISMATCH.
 * @see "FusionSegReID", Eq. 12, which leaves open what its sums are divided by.
 */
export function segmentationWeighted(
  logits: Tensor,
  masks: Tensor,
  { foreground = 200, background = 30, norm = 'pixels' }: z.input<typeof segmentationWeightedOptions> = {},
): Tensor {
  const { z: rows, g, pixels } = inRows(logits, masks);
  const costs = pixelCosts(rows, g);
  const part = (which: Tensor): Tensor => div(sum(mul(costs, which), 1), norm === 'pixels' ? pixels : maximum(sum(which, 1), 1));
  return add(mul(part(g), foreground), mul(part(sub(1, g)), background));
}

/** Mean over masks, 0 when there is none: `costs [M]`, and which of them count `[M]` → `[]`. */
export function meanOfMasks(costs: Tensor, valid?: Tensor): Tensor {
  if (!valid) return div(sum(costs), costs.size + 1e-8);
  const counts = cast(valid, 'float32');
  return div(sum(mul(costs, counts)), add(sum(counts), 1e-8));
}

const READS: Readonly<Record<string, InputName>> = { logits: 'outputs.masks', masks: 'batch.masks', valid: 'batch.masksValid' };

const lossOf = (costs: (logits: Tensor, masks: Tensor) => Tensor): Loss => ({
  reads: READS,
  compute({ logits, masks, valid }) {
    matchShape('valid masks', valid!.shape, [logits!.shape[0]!]);
    return meanOfMasks(costs(logits!, masks!), valid!);
  },
});

/** `loss/segmentation-cross-entropy`. */
export const segmentationCrossEntropyComponent = defineComponent({
  summary: 'Binary cross-entropy of masks, mean over pixels and over the masks that there are.',
  options: z.strictObject({}),
  build: () => lossOf(segmentationCrossEntropy),
});

/** `loss/segmentation-dice`. */
export const segmentationDiceComponent = defineComponent({
  summary: 'Dice loss of masks, as LISA and GSVA scale it, mean over the masks that there are.',
  paper: 'https://arxiv.org/abs/2308.00692',
  options: diceOptions,
  build: (options) => lossOf((logits, masks) => segmentationDice(logits, masks, options)),
});

/** `loss/segmentation-focal`. */
export const segmentationFocalComponent = defineComponent({
  summary: 'Focal loss of masks by sigmoids, mean over pixels and over the masks that there are.',
  paper: 'https://arxiv.org/abs/1708.02002',
  options: segmentationFocalOptions,
  build: (options) => lossOf((logits, masks) => segmentationFocal(logits, masks, options)),
});

/** `loss/segmentation-weighted`. */
export const segmentationWeightedComponent = defineComponent({
  summary: 'Cross-entropy of masks with a weight inside and one outside (FusionSegReID), mean over the masks that there are.',
  options: segmentationWeightedOptions,
  build: (options) => lossOf((logits, masks) => segmentationWeighted(logits, masks, options)),
});

import { argMax, cast, concat, cumsum, defineComponent, fill, greater, matMul, matchShape, mul, oneHot, ones, reshape, softmax, stopGradient, sub, sum, where, type Loss, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { z } from 'zod';
import { crossEntropyLoss } from './cross-entropy.ts';
import { equalPairs } from './image-text-batch.ts';

/** One other side for each pair of a batch, of another identity. */
export interface DrawnNegatives {
  /** Image for each text `[B]` int32. */
  readonly images: Tensor;
  /** Text for each image `[B]` int32. */
  readonly texts: Tensor;
  /** Whether there was any image, truth values `[B]`. */
  readonly hasImage: Tensor;
  /** Whether there was any text, truth values `[B]`. */
  readonly hasText: Tensor;
}

/** What {@link drawNegatives} draws from. */
export interface NegativeWeights {
  /** Similarity of every image to every text over the temperature `[B, B]`. */
  readonly imageToText: Tensor;
  /** Similarity of every text to every image over the temperature `[B, B]`. */
  readonly textToImage: Tensor;
  /** `[B]` */
  readonly labels: Tensor;
}

/** The first column whose running share exceeds `uniform`: `weights [B, N]`, `uniform [B]` in [0, 1) → `[B]` int32. */
export function drawColumns(weights: Tensor, uniform: Tensor): Tensor {
  const [rows] = weights.shape as [number, number];
  const running = cumsum(weights, 1);
  const wanted = mul(reshape(uniform, [rows, 1]), sum(weights, 1, true));
  return cast(argMax(cast(greater(running, wanted), 'int32'), 1), 'int32');
}

/**
 * Draws for each text an image, and for each image a text, of another identity, likelier the more alike they are. `uniform` holds numbers in
 * [0, 1): `images`, `texts [B]`. No gradient flows. Throws SHAPE_MISMATCH.
 * @see Li et al., "Align before Fuse" (2021), section 3.2, hard negatives.
 */
export function drawNegatives(
  { imageToText, textToImage, labels }: NegativeWeights,
  uniform: { readonly images: Tensor; readonly texts: Tensor },
): DrawnNegatives {
  const { B } = matchShape('negatives of pairs', imageToText.shape, ['B', 'B']);
  matchShape('labels of pairs', labels.shape, [B]);
  const different = sub(1, equalPairs(labels));
  const weights = (scores: Tensor): Tensor => mul(softmax(stopGradient(scores)), different);
  const hasAny = greater(sum(different, 1), 0);
  return {
    images: drawColumns(weights(textToImage), uniform.images),
    texts: drawColumns(weights(imageToText), uniform.texts),
    hasImage: hasAny,
    hasText: hasAny,
  };
}

/** Rows of a list by position, as one product so that repeated rows add up their gradients: `x [B, ...]`, `index [N]` → `[N, ...]`. */
export function rowsAt(x: Tensor, index: Tensor): Tensor {
  const [count, ...rest] = x.shape as [number, ...number[]];
  const picked = matMul(oneHot(index, count), reshape(cast(x, 'float32'), [count, -1]));
  return reshape(picked, [index.shape[0]!, ...rest]);
}

/** Labels of B matching pairs and 2 B that do not match, −1 for those that could not be drawn: `[3 B]` int32. */
export function matchLabels({ hasImage, hasText }: Pick<DrawnNegatives, 'hasImage' | 'hasText'>): Tensor {
  const none = (has: Tensor): Tensor => where(has, fill(has.shape, 0), fill(has.shape, -1));
  return cast(concat([ones(hasImage.shape), none(hasImage), none(hasText)], 0), 'int32');
}

/** `loss/pair-matching`. */
export const pairMatchingComponent = defineComponent({
  summary: 'Whether image and text belong together: cross-entropy of matching and drawn pairs (ITM).',
  paper: 'https://arxiv.org/abs/2107.07651',
  options: z.strictObject({}),
  build: (): Loss => ({
    reads: { logits: 'outputs.logits.match', labels: 'outputs.matchLabels' },
    compute: ({ logits, labels }) => crossEntropyLoss(logits!, labels!),
  }),
});

import { add, defineComponent, div, exp, log, logSoftmax, matchShape, maximum, mul, normalizeRows, reshape, sqrt, sub, sum, transpose, type Loss, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { z } from 'zod';
import {
  IMAGE_TEXT_READS,
  equalPairs,
  imageTextBatch,
  imageTextMasks,
  type ImageTextBatch,
  type ImageTextMasks,
} from './image-text-batch.ts';
import { meanOver } from './mean-over.ts';
import { rowProducts } from './row-products.ts';

/** Options of `loss/similarity-distribution`. */
export const similarityDistributionOptions = z.strictObject({
  temperature: z.number().positive().default(0.02).describe('Divides the cosines; IRRA takes 0.02, a factor of 50.'),
  sameIdentity: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Share of a pair of one identity beside a pair of one image, such as 0.3; then the numbers of the images are read too.'),
});

/** Options of {@link similarityDistributionLoss}. */
export type SimilarityDistributionOptions = z.input<typeof similarityDistributionOptions> & {
  /** Number of each pair's image `[B]` int32: pairs of one image count fully, others of the identity `sameIdentity` (0.3). */
  readonly imageIds?: Tensor;
};

/** Below every logit. */
const NEVER = -1e9;
const TINY = 1e-8;

/** Mean over rows of the divergence of what the logits say from `wanted [B, B]`; rows and columns that do not count are left out. */
function divergence(logits: Tensor, wanted: Tensor, { rows, both }: ImageTextMasks): Tensor {
  const logProbabilities = logSoftmax(add(logits, mul(sub(1, both), NEVER)));
  const gaps = mul(sub(logProbabilities, log(add(wanted, TINY))), both);
  return meanOver(sum(mul(exp(logProbabilities), gaps), 1), rows);
}

/** Divides column j by `lengths [j]`, as the authors' code does; the same as by rows while identities alone make the matrix. */
const perColumn = (matrix: Tensor, lengths: Tensor): Tensor => div(matrix, reshape(maximum(lengths, TINY), [1, -1]));

/**
 * Similarity distribution matching, both ways: the softmax over cosines should be spread evenly over pairs of one identity; `images, texts
 * [B, D]`, `labels [B]` → `[]`. Throws SHAPE_MISMATCH.
 * @see Jiang and Ye, "Cross-Modal Implicit Relation Reasoning and Aligning" (2023), Eq. 4 to 6.
 */
export function similarityDistributionLoss(batch: ImageTextBatch, options: SimilarityDistributionOptions = {}): Tensor {
  const { temperature = 0.02, sameIdentity = 0.3, imageIds } = options;
  const masks = imageTextMasks('similarity distribution matching', batch);
  const logits = rowProducts(batch.images, batch.texts, { normalize: true, temperature });
  let weights = masks.same;
  if (imageIds) {
    matchShape('image numbers of similarity distribution matching', imageIds.shape, batch.labels.shape);
    const sameImage = mul(equalPairs(imageIds), masks.both);
    weights = add(mul(sub(masks.same, sameImage), sameIdentity), sameImage);
  }
  const wanted = perColumn(weights, sum(weights, 1));
  return add(divergence(logits, wanted, masks), divergence(transpose(logits), wanted, masks));
}

/**
 * Cross-modal projection matching, both ways: each feature is projected on the directions of the other side, and the softmax over projections
 * should be spread over pairs of one identity; `images, texts [B, D]`, `labels [B]` → `[]`. Throws SHAPE_MISMATCH.
 * @see Zhang and Lu, "Deep Cross-Modal Projection Learning for Image-Text Matching" (2018), Eq. 2 to 6.
 */
export function projectionMatchingLoss(batch: ImageTextBatch): Tensor {
  const masks = imageTextMasks('projection matching', batch);
  const { images, texts } = batch;
  const wanted = perColumn(masks.same, sqrt(maximum(sum(masks.same, 1), TINY)));
  const oneWay = (from: Tensor, onto: Tensor): Tensor => divergence(rowProducts(from, normalizeRows(onto)), wanted, masks);
  return add(oneWay(images, texts), oneWay(texts, images));
}

/** `loss/similarity-distribution`. */
export const similarityDistributionComponent = defineComponent({
  summary: 'Similarity distribution matching (IRRA) of images and texts.',
  paper: 'https://arxiv.org/abs/2303.12501',
  options: similarityDistributionOptions,
  build: ({ temperature, sameIdentity }): Loss => ({
    reads: { ...IMAGE_TEXT_READS, ...(sameIdentity === undefined ? {} : { imageIds: 'batch.index' as const }) },
    compute: (inputs) =>
      similarityDistributionLoss(imageTextBatch(inputs), {
        temperature,
        ...(sameIdentity === undefined ? {} : { sameIdentity, imageIds: inputs.imageIds! }),
      }),
  }),
});

/** `loss/projection-matching`. */
export const projectionMatchingComponent = defineComponent({
  summary: 'Cross-modal projection matching (CMPM) of images and texts.',
  paper: 'https://openaccess.thecvf.com/content_ECCV_2018/papers/Ying_Zhang_Deep_Cross-Modal_Projection_ECCV_2018_paper.pdf',
  options: z.strictObject({}),
  build: (): Loss => ({ reads: IMAGE_TEXT_READS, compute: (inputs) => projectionMatchingLoss(imageTextBatch(inputs)) }),
});

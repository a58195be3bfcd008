import {
  add,
  cast,
  defineComponent,
  div,
  equal,
  greater,
  logSoftmax,
  logicalAnd,
  matchShape,
  maximum,
  mul,
  neg,
  reshape,
  sub,
  sum,
  transpose,
  type Loss,
  type Tensor,
} from '@reidkit/core-tensor';
import { z } from 'zod';
import { meanOver } from './mean-over.ts';
import { rowsInUse } from './pair-masks.ts';
import { rowProducts } from './row-products.ts';

/** Options of `loss/supervised-contrastive`. */
export const supervisedContrastiveOptions = z.strictObject({
  normalize: z.boolean().default(false).describe('Divide every feature by its length first; CLIP-ReID does not.'),
  temperature: z.number().positive().default(1).describe('Divides the similarities.'),
  direction: z
    .enum(['both', 'image-to-text', 'text-to-image'])
    .default('both')
    .describe('Which side looks for its partners on the other; "both" is the sum of the two.'),
});

/** Images or texts with their identities. */
export interface LabelledFeatures {
  /** `[N, D]` */
  readonly features: Tensor;
  /** `[N]` int32; rows with a negative one do not count. */
  readonly labels: Tensor;
  /** Rows that are no padding `[N]`. Default: all. */
  readonly valid?: Tensor;
}

/** Below every logit. */
const NEVER = -1e9;

/** One side of the pairs: its rows that count, and how far its logits are put down where they do not. */
function sideOf(what: string, { features, labels, valid }: LabelledFeatures): { rows: Tensor; count: number } {
  const { N } = matchShape(`${what} of the contrastive loss`, features.shape, ['N', 'D']);
  matchShape(`labels of the ${what} of the contrastive loss`, labels.shape, [N]);
  return { rows: rowsInUse(labels, valid), count: N! };
}

/** `logits [N, M]`, `positives [N, M]` of 0 and 1, `candidates [M]`, `anchors [N]` → `[]`. */
function oneDirection(logits: Tensor, positives: Tensor, candidates: Tensor, anchors: Tensor): Tensor {
  const shut = mul(sub(1, cast(candidates, 'float32')), NEVER);
  const logProbabilities = logSoftmax(add(logits, reshape(shut, [1, -1])));
  const count = sum(positives, 1);
  const mean = div(sum(mul(logProbabilities, positives), 1), maximum(count, 1));
  return meanOver(neg(mean), logicalAnd(anchors, greater(count, 0)));
}

/**
 * Supervised contrast of images and texts, each anchor against all of the other side, its positives those of its identity: mean over
 * anchors of −mean over positives of the log-probability, `images [N, D]`, `texts [M, D]` → `[]`. An anchor without positive does not count;
 * rows that do not count are no candidates. Throws SHAPE_MISMATCH.
 * @see Khosla et al., "Supervised Contrastive Learning" (2020), Eq. 2; Li et al., "CLIP-ReID" (2023), Eq. 3 and 4.
 */
export function supervisedContrastiveLoss(
  images: LabelledFeatures,
  texts: LabelledFeatures,
  { direction = 'both', ...products }: z.input<typeof supervisedContrastiveOptions> = {},
): Tensor {
  const [image, text] = [sideOf('images', images), sideOf('texts', texts)];
  const logits = rowProducts(images.features, texts.features, products);
  const same = equal(reshape(images.labels, [image.count, 1]), reshape(texts.labels, [1, text.count]));
  const both = logicalAnd(reshape(image.rows, [image.count, 1]), reshape(text.rows, [1, text.count]));
  const positives = cast(logicalAnd(same, both), 'float32');
  const imageToText = (): Tensor => oneDirection(logits, positives, text.rows, image.rows);
  const textToImage = (): Tensor => oneDirection(transpose(logits), transpose(positives), image.rows, text.rows);
  if (direction === 'image-to-text') return imageToText();
  if (direction === 'text-to-image') return textToImage();
  return add(imageToText(), textToImage());
}

/** `loss/supervised-contrastive`. */
export const supervisedContrastiveComponent = defineComponent({
  summary: 'Contrast of images and texts in both directions, with every text of the same identity as positive.',
  paper: 'https://arxiv.org/abs/2211.13977',
  options: supervisedContrastiveOptions,
  build: (options): Loss => ({
    reads: {
      images: 'outputs.images',
      texts: 'outputs.texts',
      imageLabels: 'batch.labels',
      textLabels: 'batch.labels',
      imageValid: 'batch.valid',
      textValid: 'batch.valid',
    },
    compute: ({ images, texts, imageLabels, textLabels, imageValid, textValid }) =>
      supervisedContrastiveLoss(
        { features: images!, labels: imageLabels!, ...(imageValid ? { valid: imageValid } : {}) },
        { features: texts!, labels: textLabels!, ...(textValid ? { valid: textValid } : {}) },
        options,
      ),
  }),
});

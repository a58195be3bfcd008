import {
  add,
  cast,
  defineComponent,
  greater,
  logicalAnd,
  matchShape,
  maximum,
  mul,
  softplus,
  sub,
  sum,
  type Loss,
  type Tensor,
} from '@reidkit/core-tensor';
import { z } from 'zod';
import { meanOver } from './mean-over.ts';
import type { PairMasks } from './pair-masks.ts';
import { hardPairs, weightedPairs } from './triplet-pairs.ts';

/** Options of `loss/triplet`. */
export const tripletOptions = z.strictObject({
  margin: z
    .number()
    .min(0)
    .nullable()
    .default(0.3)
    .describe(
      'How much farther than the positive the negative has to be, in units of the distance; null for the soft margin log(1 + e^x).',
    ),
  distance: z
    .enum(['euclid', 'cosine'])
    .default('euclid')
    .describe('"euclid" takes the root of the squared distance, "cosine" 2 - 2 cos, the squared distance at length 1.'),
  normalize: z.boolean().default(false).describe('Divide every embedding by its length first.'),
  mining: z
    .enum(['hard', 'weighted', 'weighted-fastreid'])
    .default('hard')
    .describe(
      'Which pairs count: the hardest; all by softmax weights; or as fast-reid weighs them, where negatives farther than about 14 lose their weight.',
    ),
  hardFactor: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Stretches positive distances by 1 + this and shrinks negative ones by 1 - this, with mining "hard".'),
});

/** Options of {@link tripletLoss}: those of `loss/triplet`, and which rows are no padding `[B]`. */
export type TripletOptions = z.input<typeof tripletOptions> & { readonly valid?: Tensor };

function pairDistances(
  embeddings: Tensor,
  labels: Tensor,
  options: TripletOptions,
): { positive: Tensor; negative: Tensor; masks: PairMasks } {
  const { mining = 'hard', hardFactor = 0, distance = 'euclid', normalize = false, valid } = options;
  const common = { distance, normalize, ...(valid ? { valid } : {}) };
  if (mining !== 'hard') return weightedPairs(embeddings, labels, { ...common, form: mining === 'weighted' ? 'softmax' : 'fastreid' });
  const { positive, negative, masks } = hardPairs(embeddings, labels, common);
  return { positive: mul(positive.value, 1 + hardFactor), negative: mul(negative.value, 1 - hardFactor), masks };
}

/**
 * Triplet loss over a batch: `embeddings [B, D]`, `labels [B]` int32 → `[]`, the mean over anchors of how much closer the negative is than
 * it should be. Rows with a negative label do not count; a batch of one identity gives 0. Throws SHAPE_MISMATCH.
 * @see Hermans et al., "In Defense of the Triplet Loss" (2017), Eq. 5; soft margin in section 3.
 */
export function tripletLoss(embeddings: Tensor, labels: Tensor, options: TripletOptions = {}): Tensor {
  const { B } = matchShape('triplet loss', embeddings.shape, ['B', 'D']);
  matchShape('labels of the triplet loss', labels.shape, [B]);
  const { margin = 0.3 } = options;
  const { positive, negative, masks } = pairDistances(embeddings, labels, options);
  const excess = sub(positive, negative);
  const terms = margin === null ? softplus(excess) : maximum(add(excess, margin), 0);
  const hasNegative = greater(sum(cast(masks.different, 'float32'), 1), 0);
  return meanOver(terms, logicalAnd(masks.rows, hasNegative));
}

/** `loss/triplet`. */
export const tripletComponent = defineComponent({
  summary: 'Triplet loss: an image of another person is farther than any of the same person, by a margin.',
  paper: 'https://arxiv.org/abs/1703.07737',
  options: tripletOptions,
  build: (options): Loss => ({
    reads: { embeddings: 'outputs.global', labels: 'batch.labels', valid: 'batch.valid' },
    compute: ({ embeddings, labels, valid }) => tripletLoss(embeddings!, labels!, { ...options, ...(valid ? { valid } : {}) }),
  }),
});

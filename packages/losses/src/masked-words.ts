import { add, crossEntropy, defineComponent, greaterEqual, logicalAnd, matchShape, mul, notEqual, oneHot, reshape, where, zerosLike, type Loss, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { z } from 'zod';
import { meanOver } from './mean-over.ts';

/** Options of `loss/masked-words`. */
export const maskedWordsOptions = z.strictObject({
  ignored: z
    .number()
    .int()
    .default(-100)
    .describe('Label of words that are not asked for; other negative ones are not either. IRRA takes 0, the padding.'),
  softShare: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Share of soft labels, those of a momentum model, in the targets; ALBEF takes 0.4. They are read where it is not 0.'),
});

/** Options of {@link maskedWordsLoss}: those of `loss/masked-words`, and the soft labels `[B, N, V]`. */
export type MaskedWordsOptions = z.input<typeof maskedWordsOptions> & { readonly soft?: Tensor };

/**
 * Cross-entropy of masked words: `logits [B, N, V]`, `labels [B, N]` int32 → `[]`, the mean over the words that are asked for, 0 without any.
 * Throws SHAPE_MISMATCH.
 * @see Li et al., "Align before Fuse" (2021), Eq. 4 and 7.
 */
export function maskedWordsLoss(logits: Tensor, labels: Tensor, { ignored = -100, softShare = 0, soft }: MaskedWordsOptions = {}): Tensor {
  const { B, N, V } = matchShape('logits of masked words', logits.shape, ['B', 'N', 'V']);
  matchShape('labels of masked words', labels.shape, [B, N]);
  if (soft) matchShape('soft labels of masked words', soft.shape, [B, N, V]);
  const words = reshape(labels, [-1]);
  const asked = logicalAnd(greaterEqual(words, 0), notEqual(words, ignored));
  const hard = oneHot(words, V!);
  const targets = soft ? add(mul(hard, 1 - softShare), mul(reshape(soft, [-1, V!]), softShare)) : hard;
  const losses = crossEntropy(reshape(logits, [-1, V!]), targets);
  return meanOver(where(asked, losses, zerosLike(losses)), asked);
}

/** `loss/masked-words`. */
export const maskedWordsComponent = defineComponent({
  summary: 'Cross-entropy of masked words (MLM), with soft labels or without.',
  paper: 'https://arxiv.org/abs/2107.07651',
  options: maskedWordsOptions,
  build: ({ ignored, softShare }): Loss => ({
    reads: {
      logits: 'outputs.logits.words',
      labels: 'batch.wordLabels',
      ...(softShare > 0 ? { soft: 'outputs.softWords' as const } : {}),
    },
    compute: (inputs) =>
      maskedWordsLoss(inputs.logits!, inputs.labels!, { ignored, softShare, ...(softShare > 0 ? { soft: inputs.soft! } : {}) }),
  }),
});

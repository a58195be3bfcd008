import { add, crossEntropy, defineComponent, greaterEqual, logicalAnd, logSoftmax, matchShape, mul, notEqual, oneHot, reshape, sub, sum, transpose, where, zerosLike, type Loss, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
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
  softOver: z
    .enum(['words', 'positions'])
    .default('words')
    .describe(
      'What log-probabilities add up to 1 over, for the soft labels: the vocabulary, or the places of the text, as IRM released it.',
    ),
});

/** Options of {@link maskedWordsLoss}: those of `loss/masked-words`, and the soft labels `[B, N, V]`. */
export type MaskedWordsOptions = z.input<typeof maskedWordsOptions> & { readonly soft?: Tensor };

/** Log-softmax over the second axis: `[B, N, V] → [B, N, V]`. */
const logSoftmaxOverPlaces = (logits: Tensor): Tensor => transpose(logSoftmax(transpose(logits, [0, 2, 1])), [0, 2, 1]);

/**
 * Cross-entropy of masked words: `logits [B, N, V]`, `labels [B, N]` int32 → `[]`, the mean over the words that are asked for, 0 without any.
 * Throws SHAPE_MISMATCH.
 * @see Li et al., "Align before Fuse" (2021), Eq. 4 and 7.
 */
export function maskedWordsLoss(logits: Tensor, labels: Tensor, options: MaskedWordsOptions = {}): Tensor {
  const { ignored = -100, softShare = 0, softOver = 'words', soft } = options;
  const { B, N, V } = matchShape('logits of masked words', logits.shape, ['B', 'N', 'V']);
  matchShape('labels of masked words', labels.shape, [B, N]);
  if (soft) matchShape('soft labels of masked words', soft.shape, [B, N, V]);
  const words = reshape(labels, [-1]);
  const asked = logicalAnd(greaterEqual(words, 0), notEqual(words, ignored));
  const hard = oneHot(words, V!);
  const share = soft ? softShare : 0;
  const rows = reshape(logits, [-1, V!]);
  const told = soft && mul(reshape(soft, [-1, V!]), share);
  if (told && softOver === 'positions') {
    const losses = sub(crossEntropy(rows, mul(hard, 1 - share)), sum(mul(reshape(logSoftmaxOverPlaces(logits), [-1, V!]), told), 1));
    return meanOver(where(asked, losses, zerosLike(losses)), asked);
  }
  const losses = crossEntropy(rows, told ? add(mul(hard, 1 - share), told) : hard);
  return meanOver(where(asked, losses, zerosLike(losses)), asked);
}

/** `loss/masked-words`. */
export const maskedWordsComponent = defineComponent({
  summary: 'Cross-entropy of masked words (MLM), with soft labels or without.',
  paper: 'https://arxiv.org/abs/2107.07651',
  options: maskedWordsOptions,
  build: ({ softShare, ...options }): Loss => ({
    reads: {
      logits: 'outputs.logits.words',
      labels: 'batch.wordLabels',
      ...(softShare > 0 ? { soft: 'outputs.softWords' as const } : {}),
    },
    compute: (inputs) =>
      maskedWordsLoss(inputs.logits!, inputs.labels!, { ...options, softShare, ...(softShare > 0 ? { soft: inputs.soft! } : {}) }),
  }),
});

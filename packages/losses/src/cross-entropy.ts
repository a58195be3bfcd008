import {
  add,
  crossEntropy,
  defineComponent,
  logicalAnd,
  matchShape,
  mul,
  notEqual,
  oneHot,
  softmax,
  stopGradient,
  sub,
  sum,
  where,
  zerosLike,
  type Loss,
  type Tensor,
} from '@reidkit/core-tensor';
import { z } from 'zod';
import { meanOver } from './mean-over.ts';
import { rowsInUse } from './pair-masks.ts';

/** Options of `loss/cross-entropy`. */
export const crossEntropyOptions = z.strictObject({
  smoothing: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Share of the target that is taken from the label; with "adaptive", its factor in front of the probability of the label.'),
  adaptive: z
    .boolean()
    .default(false)
    .describe('Smooth each row by `smoothing` times the probability that it gives its label now, so that sure rows are smoothed most.'),
  spread: z
    .enum(['all', 'wrong'])
    .default('all')
    .describe('Where that share goes: to all C classes alike, the right one too, or to the C - 1 wrong ones (fast-reid).'),
  average: z
    .enum(['rows', 'nonzero'])
    .default('rows')
    .describe('Divide by the number of rows, or by the number of rows whose loss is not exactly 0 (fast-reid).'),
});

/** Options of {@link crossEntropyLoss}: those of `loss/cross-entropy`, and which rows are no padding `[B]`. */
export type CrossEntropyOptions = z.input<typeof crossEntropyOptions> & { readonly valid?: Tensor };

/** Target probabilities `[B, C]`; no gradient flows through them. */
function targetsOf(logits: Tensor, hard: Tensor, { smoothing = 0, adaptive = false, spread = 'all' }: CrossEntropyOptions): Tensor {
  if (smoothing === 0) return hard;
  const classes = logits.shape[1]!;
  const share = adaptive ? mul(sum(mul(softmax(stopGradient(logits)), hard), 1, true), smoothing) : smoothing;
  if (spread === 'all') return add(mul(hard, sub(1, share)), mul(share, 1 / classes));
  return add(mul(hard, sub(1, share)), mul(sub(1, hard), mul(share, 1 / (classes - 1))));
}

/**
 * Cross-entropy of each row: `logits [B, C]`, `labels [B]` int32 → `[B]`, 0 for rows with a negative label and for padding.
 * Throws SHAPE_MISMATCH.
 */
export function crossEntropyRows(logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { B, C } = matchShape('cross-entropy', logits.shape, ['B', 'C']);
  matchShape('labels of the cross-entropy', labels.shape, [B]);
  const rows = rowsInUse(labels, options.valid);
  const hard = oneHot(labels, C);
  const losses = crossEntropy(logits, targetsOf(logits, hard, options));
  return where(rows, losses, zerosLike(losses));
}

/**
 * Cross-entropy of logits against labels, smoothed or not: `logits [B, C]`, `labels [B]` int32 → `[]`. Rows with a negative label and
 * padding do not count; 0 when no row does. Throws SHAPE_MISMATCH.
 * @see Szegedy et al., "Rethinking the Inception Architecture" (2016), section 7, for label smoothing.
 */
export function crossEntropyLoss(logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const losses = crossEntropyRows(logits, labels, options);
  const rows = rowsInUse(labels, options.valid);
  return meanOver(losses, options.average === 'nonzero' ? logicalAnd(rows, notEqual(stopGradient(losses), 0)) : rows);
}

/** `loss/cross-entropy`. */
export const crossEntropyComponent = defineComponent({
  summary: 'Cross-entropy of class scores, with or without label smoothing.',
  options: crossEntropyOptions,
  build: (options): Loss => ({
    reads: { logits: 'outputs.logits.global', labels: 'batch.labels', valid: 'batch.valid' },
    compute: ({ logits, labels, valid }) => crossEntropyLoss(logits!, labels!, { ...options, ...(valid ? { valid } : {}) }),
  }),
});

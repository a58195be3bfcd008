import { defineComponent, expm1, logSoftmax, matchShape, maximum, mul, neg, oneHot, pow, sum, where, zerosLike, type Loss, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { z } from 'zod';
import { meanOver } from './mean-over.ts';
import { rowsInUse } from './pair-masks.ts';

/** Options of `loss/focal`. */
export const focalOptions = z.strictObject({
  gamma: z.number().min(0).default(2).describe('How little sure rows count: the cost is multiplied by (1 - p)^gamma.'),
  alpha: z.number().positive().default(0.25).describe('Factor of every row.'),
});

/** Options of {@link focalLoss}: those of `loss/focal`, and which rows are no padding `[B]`. */
export type FocalOptions = z.input<typeof focalOptions> & { readonly valid?: Tensor };

/** A row that is surer than this counts as this sure: a root of 0 has no finite slope. */
const SUREST = 1e-12;

/** Focal loss of each row: `logits [B, C]`, `labels [B]` int32 → `[B]`, 0 for rows that do not count. Throws SHAPE_MISMATCH. */
export function focalRows(logits: Tensor, labels: Tensor, { gamma = 2, alpha = 0.25, valid }: FocalOptions = {}): Tensor {
  const { B, C } = matchShape('focal loss', logits.shape, ['B', 'C']);
  matchShape('labels of the focal loss', labels.shape, [B]);
  const logProbability = sum(mul(logSoftmax(logits), oneHot(labels, C!)), 1);
  const unsure = maximum(neg(expm1(logProbability)), SUREST);
  const losses = mul(mul(pow(unsure, gamma), logProbability), -alpha);
  return where(rowsInUse(labels, valid), losses, zerosLike(losses));
}

/**
 * Cross-entropy that counts rows less the surer they are, `−α (1 − p)^γ log p`: `logits [B, C]`, `labels [B]` int32 → `[]`. Throws
 * SHAPE_MISMATCH.
 * @see Lin et al., "Focal Loss for Dense Object Detection" (2017), Eq. 5, over a softmax.
 */
export function focalLoss(logits: Tensor, labels: Tensor, options: FocalOptions = {}): Tensor {
  return meanOver(focalRows(logits, labels, options), rowsInUse(labels, options.valid));
}

/** `loss/focal`. */
export const focalComponent = defineComponent({
  summary: 'Cross-entropy in which sure rows count little.',
  paper: 'https://arxiv.org/abs/1708.02002',
  options: focalOptions,
  build: (options): Loss => ({
    reads: { logits: 'outputs.logits.global', labels: 'batch.labels', valid: 'batch.valid' },
    compute: ({ logits, labels, valid }) => focalLoss(logits!, labels!, { ...options, ...(valid ? { valid } : {}) }),
  }),
});

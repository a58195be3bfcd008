import {
  add,
  cast,
  defineComponent,
  eye,
  logSumExp,
  logicalAnd,
  matMul,
  matchShape,
  mul,
  neg,
  normalizeRows,
  softplus,
  sub,
  where,
  fill,
  type Component,
  type Loss,
  type Tensor,
} from '@reidkit/core-tensor';
import { z } from 'zod';
import { circleTerms } from './cosine-margins.ts';
import { meanOver } from './mean-over.ts';
import { pairMasks } from './pair-masks.ts';

const pairwiseOptions = (gamma: number): z.ZodObject<{ margin: z.ZodDefault<z.ZodNumber>; gamma: z.ZodDefault<z.ZodNumber> }> =>
  z.strictObject({
    margin: z.number().min(0).default(0.25).describe('How much nearer images of one identity have to be than others, as a cosine.'),
    gamma: z.number().positive().default(gamma).describe('Factor of the similarities.'),
  });

/** Options of {@link pairwiseLoss}. */
export interface PairwiseOptions {
  /** How similarities become logits. Default: `circle`. */
  readonly form?: 'circle' | 'cosface';
  /** Default: 0.25. */
  readonly margin?: number;
  /** Default: 128 for `circle`, 64 for `cosface`. */
  readonly gamma?: number;
  /** Rows that are no padding `[B]`. Default: all. */
  readonly valid?: Tensor;
}

const GAMMAS = { circle: 128, cosface: 64 } as const;

/** A logit that no other reaches; an anchor without positive or negative costs nothing by it. */
const NEVER = -1e8;

/** `log Σ exp` over the pairs of each row that the mask allows: `[B, B]` → `[B]`. */
const overPairs = (logits: Tensor, mask: Tensor): Tensor => logSumExp(where(mask, logits, fill(logits.shape, NEVER)), 1);

/**
 * Contrast of all pairs of a batch by their cosines, `softplus(log Σ e^positives + log Σ e^negatives)`, mean over anchors: `embeddings
 * [B, D]`, `labels [B]` int32 → `[]`. An anchor without partner or without others counts as 0. Throws SHAPE_MISMATCH.
 * @see Sun et al., "Circle Loss" (2020), Eq. 6 (`circle`) and Eq. 1 with a margin on negatives (`cosface`).
 */
export function pairwiseLoss(embeddings: Tensor, labels: Tensor, options: PairwiseOptions = {}): Tensor {
  const { form = 'circle', margin = 0.25, gamma = GAMMAS[form], valid } = options;
  const { B } = matchShape('pairwise loss', embeddings.shape, ['B', 'D']);
  matchShape('labels of the pairwise loss', labels.shape, [B]);
  const masks = pairMasks(labels, valid);
  const others = logicalAnd(masks.same, cast(sub(1, eye(B!)), 'bool'));
  const unit = normalizeRows(embeddings);
  const cosines = matMul(unit, unit, false, true);
  const { positive, negative } = form === 'circle' ? circleTerms(cosines, margin) : { positive: cosines, negative: add(cosines, margin) };
  const attract = overPairs(mul(neg(positive), gamma), others);
  const repel = overPairs(mul(negative, gamma), masks.different);
  return meanOver(softplus(add(attract, repel)), masks.rows);
}

const pairwiseComponent = (
  form: 'circle' | 'cosface',
  texts: { readonly summary: string; readonly paper: string },
): Component<ReturnType<typeof pairwiseOptions>, Loss> =>
  defineComponent({
    ...texts,
    options: pairwiseOptions(GAMMAS[form]),
    build: (options): Loss => ({
      reads: { embeddings: 'outputs.global', labels: 'batch.labels', valid: 'batch.valid' },
      compute: ({ embeddings, labels, valid }) => pairwiseLoss(embeddings!, labels!, { ...options, form, ...(valid ? { valid } : {}) }),
    }),
  });

/** `loss/pairwise-circle`. */
export const pairwiseCircleComponent = pairwiseComponent('circle', {
  summary: 'Circle loss over all pairs of a batch.',
  paper: 'https://arxiv.org/abs/2002.10857',
});

/** `loss/pairwise-cosface`. */
export const pairwiseCosfaceComponent = pairwiseComponent('cosface', {
  summary: 'Pairs of a batch by their cosines, with a margin on those of two identities.',
  paper: 'https://arxiv.org/abs/1801.09414',
});

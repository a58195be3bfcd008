import {
  add,
  crossEntropy,
  defineComponent,
  div,
  matchShape,
  maximum,
  mul,
  oneHot,
  reshape,
  sum,
  cast,
  zeros,
  type Loss,
  type Tensor,
} from '@reidkit/core-tensor';
import { z } from 'zod';
import { rowsInUse } from './pair-masks.ts';

/** What {@link partIdentityLoss} works on. */
export interface PartIdentities {
  /** Class scores of every part: `[B, P, C]`. */
  readonly logits: Tensor;
  /** `[B]` int32; rows with a negative one do not count. */
  readonly labels: Tensor;
  /** How much each part counts: `[B, P]`. Default: 1. */
  readonly weight?: Tensor;
  /** Rows that are no padding `[B]`. Default: all. */
  readonly valid?: Tensor;
  /** Share of the target that is taken from the label and given to all C classes alike. Default: 0. */
  readonly smoothing?: number;
}

/** Cross-entropy of every part: `[B, P]`. */
export function partCrossEntropies({ logits, labels, smoothing = 0 }: PartIdentities): Tensor {
  const { B, P, C } = matchShape('part identities', logits.shape, ['B', 'P', 'C']);
  matchShape('labels of the part identities', labels.shape, [B]);
  const own = smoothing === 0 ? oneHot(labels, C) : add(mul(oneHot(labels, C), 1 - smoothing), smoothing / C);
  const targets = add(reshape(own, [B, 1, C]), zeros([1, P, 1]));
  return reshape(crossEntropy(reshape(logits, [B * P, C]), reshape(targets, [B * P, C])), [B, P]);
}

/**
 * Weighted cross-entropy of every part, summed over the parts, mean over the rows that count: → `[]`. Throws SHAPE_MISMATCH.
 * @see "Region Generation and Assessment Network for Occluded Person Re-Identification", Eq. 7.
 */
export function partIdentityLoss(parts: PartIdentities): Tensor {
  const losses = partCrossEntropies(parts);
  const [B] = losses.shape as [number, number];
  if (parts.weight) matchShape('weights of the part identities', parts.weight.shape, losses.shape);
  const rows = cast(rowsInUse(parts.labels, parts.valid), 'float32');
  const weighted = parts.weight ? mul(losses, parts.weight) : losses;
  return div(sum(mul(weighted, reshape(rows, [B, 1]))), maximum(sum(rows), 1));
}

/** `loss/part-identity`. */
export const partIdentityComponent = defineComponent({
  summary: 'Cross-entropy of every part against the identity, weighted by how much each part can be trusted.',
  options: z.strictObject({
    weighted: z.boolean().default(true).describe('Whether parts count by their weight, or all alike.'),
    smoothing: z.number().min(0).max(1).default(0).describe('Share of the target that is taken from the label and given to all classes.'),
  }),
  build: ({ weighted, smoothing }): Loss => ({
    reads: {
      logits: 'outputs.logits.parts',
      labels: 'batch.labels',
      valid: 'batch.valid',
      ...(weighted ? { weight: 'outputs.parts.weight' as const } : {}),
    },
    compute: ({ logits, labels, weight, valid }) =>
      partIdentityLoss({ logits: logits!, labels: labels!, smoothing, ...(weight ? { weight } : {}), ...(valid ? { valid } : {}) }),
  }),
});

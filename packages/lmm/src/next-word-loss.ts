import { cast, crossEntropy, div, greaterEqual, maximum, mul, oneHot, slice, sum, type Tensor } from '@reidkit/core-tensor';

/** The label of a place that is no target: prompts, pictures, padding. */
export const IGNORED = -100;

/**
 * Mean cross-entropy of telling each labelled word from the place before it: `logits [B, N, V]`, `labels [B, N]` int32 with {@link IGNORED}
 * where nothing is to be told → scalar; 0 without any label. The mean runs over all labels of the batch together.
 */
export function nextWordLoss(logits: Tensor, labels: Tensor): Tensor {
  const [B, N, V] = logits.shape as [number, number, number];
  const targets = slice(labels, [0, 1], [B, N - 1]);
  const counts = cast(greaterEqual(targets, 0), 'float32');
  const losses = crossEntropy(slice(logits, [0, 0, 0], [B, N - 1, V]), oneHot(maximum(targets, 0), V));
  return div(sum(mul(losses, counts)), maximum(sum(counts), 1));
}

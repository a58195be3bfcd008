import { crossEntropyLoss } from '@reidkit/losses';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

/** fast-reid's smoothing, where a negative epsilon means the adaptive one with factor alpha. */
export function compareFastreidSmoothing(golden: GoldenCase): void {
  const { eps, alpha } = golden.json.config;
  const smoothing = eps < 0 ? { adaptive: true, smoothing: alpha } : { smoothing: eps };
  compareLoss(golden, ({ logits, labels }) => ({
    loss: crossEntropyLoss(logits!, labels!, { ...smoothing, spread: 'wrong', average: 'nonzero' }),
  }));
}

export const adapter: GoldenAdapter = { family: 'loss-label-smooth-fastreid', run: compareFastreidSmoothing };

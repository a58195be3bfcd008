import { crossEntropyLoss } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

export const adapter: GoldenAdapter = {
  family: 'loss-label-smooth',
  run: (golden) =>
    compareLoss(golden, ({ logits, labels }) => ({ loss: crossEntropyLoss(logits!, labels!, { smoothing: golden.json.config.eps }) })),
};

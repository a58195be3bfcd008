import { crossEntropyLoss, crossEntropyRows } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

export const adapter: GoldenAdapter = {
  family: 'loss-ce',
  run: (golden) =>
    compareLoss(golden, ({ logits, labels }) => ({
      loss: crossEntropyLoss(logits!, labels!),
      outputs: { per_row: crossEntropyRows(logits!, labels!) },
    })),
};

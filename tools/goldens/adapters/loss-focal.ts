import { focalLoss, focalRows } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

export const adapter: GoldenAdapter = {
  family: 'loss-focal',
  run: (golden) => {
    const { alpha, gamma } = golden.json.config;
    compareLoss(golden, ({ logits, labels }) => ({
      loss: focalLoss(logits!, labels!, { alpha, gamma }),
      outputs: { per_row: focalRows(logits!, labels!, { alpha, gamma }) },
    }));
  },
};

import { tripletLoss } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

export const adapter: GoldenAdapter = {
  family: 'loss-triplet-unequal',
  run: (golden) =>
    compareLoss(golden, ({ features, labels }) => ({ loss: tripletLoss(features!, labels!, { margin: golden.json.config.margin }) })),
};

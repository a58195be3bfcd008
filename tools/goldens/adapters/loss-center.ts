import { centerLoss } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

export const adapter: GoldenAdapter = {
  family: 'loss-center',
  run: (golden) => compareLoss(golden, ({ features, labels, centers }) => ({ loss: centerLoss(features!, labels!, centers!) })),
};

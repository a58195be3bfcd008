import { pairwiseLoss } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

export const adapter: GoldenAdapter = {
  family: 'loss-pairwise-circle',
  run: (golden) => {
    const { margin, gamma } = golden.json.config;
    compareLoss(golden, ({ features, labels }) => ({ loss: pairwiseLoss(features!, labels!, { form: 'circle', margin, gamma }) }));
  },
};

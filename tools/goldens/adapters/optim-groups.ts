import type { GoldenAdapter } from '../adapter.ts';
import { lacksGradients, runOptimizer } from '../optimizer-run.ts';

export const adapter: GoldenAdapter = {
  family: 'optim-groups',
  run(golden) {
    const { lr: rate, weight_decay: weightDecay, bias_lr_factor: rateFactor, groups } = golden.json.config;
    const { lr: ownRate, weight_decay: ownDecay } = groups[2];
    const options = {
      rate,
      weightDecay,
      stepPerParameter: lacksGradients(golden),
      groups: [
        { match: '*1', rateFactor },
        { match: 'p2', rate: ownRate, weightDecay: ownDecay },
      ],
    };
    return runOptimizer(golden, { use: 'optimizer/adam', options });
  },
};

import type { GoldenAdapter } from '../adapter.ts';
import { lacksGradients, optionsOf, runOptimizer } from '../optimizer-run.ts';

export const adapter: GoldenAdapter = {
  family: 'optim-amsgrad',
  run: (golden) =>
    runOptimizer(golden, { use: 'optimizer/adam', options: { ...optionsOf(golden), stepPerParameter: lacksGradients(golden) } }),
};

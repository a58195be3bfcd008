import type { GoldenAdapter } from '../adapter.ts';
import { optionsOf, runOptimizer } from '../optimizer-run.ts';

export const adapter: GoldenAdapter = {
  family: 'optim-sgd',
  run: (golden) => runOptimizer(golden, { use: 'optimizer/sgd', options: optionsOf(golden) }),
};

import type { GoldenAdapter } from '../adapter.ts';
import { runOptimizer } from '../optimizer-run.ts';

export const adapter: GoldenAdapter = {
  family: 'optim-clip-norm',
  run: (golden) => runOptimizer(golden, { use: 'optimizer/sgd', options: { rate: 0.1, clip: { norm: golden.json.config.max_norm } } }),
};

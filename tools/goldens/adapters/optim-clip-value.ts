import type { GoldenAdapter } from '../adapter.ts';
import { runOptimizer } from '../optimizer-run.ts';

export const adapter: GoldenAdapter = {
  family: 'optim-clip-value',
  run: (golden) => runOptimizer(golden, { use: 'optimizer/sgd', options: { rate: 0.1, clip: { value: golden.json.config.clip_value } } }),
};

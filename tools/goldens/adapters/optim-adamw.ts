import type { GoldenAdapter } from '../adapter.ts';
import { lacksGradients, optionsOf, runOptimizer } from '../optimizer-run.ts';

export const adapter: GoldenAdapter = {
  family: 'optim-adamw',
  run: (golden) =>
    runOptimizer(golden, { use: 'optimizer/adamw', options: { ...optionsOf(golden), stepPerParameter: lacksGradients(golden) } }),
};

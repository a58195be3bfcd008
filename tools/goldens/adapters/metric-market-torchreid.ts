import type { GoldenAdapter } from '../adapter.ts';
import { compareRetrieval, judgeMatrix } from '../retrieval-case.ts';

export const adapter: GoldenAdapter = {
  family: 'metric-market-torchreid',
  async run(golden) {
    compareRetrieval(golden, await judgeMatrix(golden, golden.tensor('in/distmat'), golden.json.config.max_rank));
  },
};

import { hostTensor } from '@reidkit/core-tensor';
import { euclidScorer, market1501 } from '@reidkit/eval';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { compareRetrieval, factsOf, judgeMatrix } from '../retrieval-case.ts';

const sideOf = (golden: GoldenCase, side: 'q' | 'g') => {
  const { data, shape } = golden.tensor(`in/${side}_features`);
  const global = hostTensor(data as Float32Array, shape);
  return { descriptors: { count: shape[0]!, tensors: { global } }, facts: factsOf(golden, side) };
};

export const adapter: GoldenAdapter = {
  family: 'metric-market-fastreid',
  async run(golden) {
    const { max_rank: maxRank, quantise, all_equal: allEqual } = golden.json.config;
    compareRetrieval(golden, await judgeMatrix(golden, golden.tensor('in/distmat'), maxRank));
    // Distances that were rounded afterwards do not follow from the features.
    if (!golden.has('in/q_features') || quantise || allEqual) return;
    const result = await market1501({ maxRank }).evaluate(sideOf(golden, 'q'), sideOf(golden, 'g'), euclidScorer({ squared: true }));
    compareRetrieval(golden, result, 'from features: ');
  },
};

import { hostTensor, type Descriptors } from '@reidkit/core-tensor';
import { partWeightedScorer } from '@reidkit/eval';
import type { GoldenAdapter } from '../adapter.ts';

export const adapter: GoldenAdapter = {
  family: 'rganet-distance',
  async run(golden) {
    const side = (key: 'q' | 'g'): Descriptors => {
      const names = { global: 'global', regions: 'parts', weights: 'weight' } as const;
      const tensors = Object.entries(names).map(([from, to]) => {
        const { data, shape } = golden.tensor(`in/${key}_${from}`);
        return [to, hostTensor(data as Float32Array, shape)] as const;
      });
      return { count: tensors[0]![1].shape[0]!, tensors: Object.fromEntries(tensors) };
    };
    golden.report.compare('dist', await partWeightedScorer().prepare(side('g')).distances(side('q')), golden.tensor('out/dist'));
  },
};

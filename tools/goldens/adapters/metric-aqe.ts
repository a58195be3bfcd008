import { hostTensor, type Descriptors } from '@reidkit/core-tensor';
import { expandQueries } from '@reidkit/eval';
import type { GoldenAdapter } from '../adapter.ts';

export const adapter: GoldenAdapter = {
  family: 'metric-aqe',
  async run(golden) {
    const { k, alpha, times } = golden.json.config;
    const side = (name: 'q' | 'g'): Descriptors => {
      const { data, shape } = golden.tensor(`in/${name}_features`);
      return { count: shape[0]!, tensors: { global: hostTensor(data as Float32Array, shape) } };
    };
    const expanded = await expandQueries({ query: side('q'), gallery: side('g'), name: 'global' }, { k, alpha, times });
    golden.report.compare('queries', expanded.query.tensors.global!.data as Float32Array, golden.tensor('out/q_features'));
    golden.report.compare('gallery', expanded.gallery.tensors.global!.data as Float32Array, golden.tensor('out/g_features'));
  },
};

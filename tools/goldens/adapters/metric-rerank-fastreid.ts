import { hostTensor, type Descriptors } from '@reidkit/core-tensor';
import { euclidScorer, kReciprocal, takeDescriptors } from '@reidkit/eval';
import type { GoldenAdapter } from '../adapter.ts';

export const adapter: GoldenAdapter = {
  family: 'metric-rerank-fastreid',
  async run(golden) {
    const { k1, k2, lambda } = golden.json.config;
    const { data, shape } = golden.tensor('in/features');
    const queries = golden.tensor('in/q_pids').shape[0]!;
    const all: Descriptors = { count: shape[0]!, tensors: { global: hostTensor(data as Float32Array, shape) } };
    const part = (from: number, to: number): Descriptors => {
      const { count, tensors } = takeDescriptors(all, Array.from({ length: to - from }, (_, i) => from + i)); // prettier-ignore
      return { count, tensors };
    };
    const sides = { query: part(0, queries), gallery: part(queries, all.count) };
    for (const [name, share] of Object.entries({ jaccard: 0, final: lambda as number })) {
      const reranker = kReciprocal({ k1, k2, lambda: share, variant: 'fast-reid' });
      const { query, gallery, scorer } = await reranker.apply({ ...sides, scorer: euclidScorer({ squared: true }) });
      const everyone = takeDescriptors(query, Array.from({ length: queries }, (_, i) => i));
      golden.report.compare(name, await scorer.prepare(gallery).distances(everyone), golden.tensor(`out/${name}`));
    }
  },
};

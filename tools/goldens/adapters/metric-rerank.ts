import { hostTensor, type Descriptors, type Scorer } from '@reidkit/core-tensor';
import { kReciprocal, market1501, takeDescriptors } from '@reidkit/eval';
import type { GoldenAdapter, GoldenTensor } from '../adapter.ts';
import { compareNumber, factsOf, FLOAT32_MEAN } from '../retrieval-case.ts';

/** Looks distances up in the matrix of all items; descriptors are their numbers. */
const lookUp = (matrix: GoldenTensor): Scorer => ({
  name: 'squared distances of the case',
  reads: ['number'],
  prepare: ({ count, tensors: gallery }) => ({
    count,
    distances: async ({ tensors }) => {
      const columns = [...gallery.number!.data];
      const width = matrix.shape[1]!;
      return Float32Array.from([...tensors.number!.data].flatMap((row) => columns.map((column) => Number(matrix.data[row * width + column]))));
    },
  }),
});

const numbered = (from: number, count: number): Descriptors => ({
  count,
  tensors: { number: hostTensor(Int32Array.from({ length: count }, (_, i) => from + i), [count], 'int32') }, // prettier-ignore
});

export const adapter: GoldenAdapter = {
  family: 'metric-rerank',
  async run(golden) {
    const { report } = golden;
    const squared = golden.tensor('in/squared');
    const [queries, gallery] = [golden.tensor('in/q_pids').shape[0]!, golden.tensor('in/g_pids').shape[0]!];
    const sides = { query: numbered(0, queries), gallery: numbered(queries, gallery) };
    const [q, g] = [factsOf(golden, 'q'), factsOf(golden, 'g')];
    const protocol = market1501({ maxRank: 1 });
    const plain = await protocol.evaluate({ descriptors: sides.query, facts: q }, { descriptors: sides.gallery, facts: g }, lookUp(squared));
    compareNumber(golden, 'plain mAP', plain.mAP, 'plain_mAP');
    compareNumber(golden, 'plain rank1', plain.cmc[0]!, 'plain_rank1', FLOAT32_MEAN);
    for (const [k1, k2, lambda] of golden.json.config.params as readonly (readonly [number, number, number])[]) {
      // The maker writes numbers as Python does: 1.0 where JSON has 1.
      const tags = [String(lambda), lambda.toFixed(1)].map((text) => `k${k1}_${k2}_${text.replace('.', '')}`);
      const tag = tags.find((name) => golden.has(`out/zz_${name}`)) ?? tags[0]!;
      const reranked = await kReciprocal({ k1, k2, lambda }).apply({ ...sides, scorer: lookUp(squared) }, { blockBytes: 40 * squared.shape[0]! });
      const everyone = takeDescriptors(reranked.query, Array.from({ length: queries }, (_, i) => i));
      const distances = await reranked.scorer.prepare(reranked.gallery).distances(everyone);
      report.compare(`zz ${tag}`, distances, golden.tensor(`out/zz_${tag}`));
      // CLIP-ReID keeps half precision, so its scores are its own.
      if (golden.has(`out/cr_${tag}`)) {
        report.compare(`cr ${tag}`, distances, golden.tensor(`out/cr_${tag}`), { atol: golden.json.config.cr_atol, rtol: 0 });
      }
      const result = await protocol.evaluate({ descriptors: sides.query, facts: q }, { descriptors: sides.gallery, facts: g }, reranked.scorer);
      report.compare(`ap ${tag}`, result.perQuery.averagePrecision, golden.tensor(`out/zz_${tag}_ap`));
      compareNumber(golden, `mAP ${tag}`, result.mAP, `zz_${tag}_mAP`);
      compareNumber(golden, `rank1 ${tag}`, result.cmc[0]!, `zz_${tag}_rank1`, FLOAT32_MEAN);
    }
  },
};

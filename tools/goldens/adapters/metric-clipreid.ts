import { hostTensor } from '@reidkit/core-tensor';
import { euclidDistance } from '@reidkit/eval';
import type { GoldenAdapter } from '../adapter.ts';
import { compareRetrieval, judgeMatrix } from '../retrieval-case.ts';

const MAX_RANK = 50;

export const adapter: GoldenAdapter = {
  family: 'metric-clipreid',
  async run(golden) {
    const { report } = golden;
    const { feat_norm: normalize, ranking_same_in_float64: isExact, distmat_tolerance: atol } = golden.json.config;
    const [query, gallery] = ['q', 'g'].map((side) => {
      const { data, shape } = golden.tensor(`in/${side}_features`);
      return hostTensor(data as Float32Array, shape);
    });
    const want = golden.tensor('out/distmat');
    const data = await euclidDistance(query!, gallery!, { squared: true, normalize: Boolean(normalize) });
    report.compare('distmat', data, want, { atol, rtol: 0 });
    const result = await judgeMatrix(golden, { dtype: 'F32', shape: want.shape, data }, MAX_RANK);
    if (isExact) return compareRetrieval(golden, result);
    // Rounding decides single ranks here, so only the mean can be compared.
    report.compare('mAP', [result.mAP], { dtype: 'F64', shape: [1], data: Float64Array.of(golden.json.expected.mAP) });
  },
};

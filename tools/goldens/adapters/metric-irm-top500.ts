import { irmProtocol } from '@reidkit/eval';
import type { GoldenAdapter } from '../adapter.ts';
import { compareNumber, compareRetrieval, factsOf, FLOAT32_MEAN, judgeBy } from '../retrieval-case.ts';

export const adapter: GoldenAdapter = {
  family: 'metric-irm-top500',
  async run(golden) {
    const { ap_topk: cut } = golden.json.config;
    const facts = { q: factsOf(golden, 'q'), g: factsOf(golden, 'g') };
    const result = await judgeBy(irmProtocol({ cut }), golden.tensor('in/distmat'), facts);
    const name = `map@${cut}-hits`;
    // What the case calls mAP is the truncated figure, and mAP_full the standard one.
    const truncated = { ...result, mAP: result.figures![name]!, perQuery: { ...result.perQuery, averagePrecision: result.perQuery.further![name]! } };
    compareRetrieval(golden, truncated);
    golden.report.compare('ap_full', result.perQuery.averagePrecision, golden.tensor('out/ap_full'));
    golden.report.compare('cmc_full', result.cmc, golden.tensor('out/cmc_full'), FLOAT32_MEAN);
    compareNumber(golden, 'mAP_full', result.mAP, 'mAP_full');
  },
};

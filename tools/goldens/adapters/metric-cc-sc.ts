import type { RetrievalFacts } from '@reidkit/core-tensor';
import { clothesChanging, market1501, sameClothes } from '@reidkit/eval';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { compareNumber, factsOf, judgeBy, wholeNumbers } from '../retrieval-case.ts';

const withClothes = (golden: GoldenCase, side: 'q' | 'g'): RetrievalFacts => ({
  ...factsOf(golden, side),
  clothes: wholeNumbers(golden.tensor(`in/${side}_clothes`)),
});

const PROTOCOLS = { general: market1501, cc: clothesChanging, sc: sameClothes } as const;
/** Where the two clothes protocols state the others' figures. */
const BESIDE = { cc: { general: 'general', sc: 'same-clothes' }, sc: { general: 'general', cc: 'clothes-changing' } } as const;

export const adapter: GoldenAdapter = {
  family: 'metric-cc-sc',
  async run(golden) {
    const facts = { q: withClothes(golden, 'q'), g: withClothes(golden, 'g') };
    for (const [mode, make] of Object.entries(PROTOCOLS)) {
      const cmc = golden.tensor(`out/${mode}_cmc`);
      const result = await judgeBy(make({ maxRank: cmc.data.length }), golden.tensor('in/distmat'), facts);
      golden.report.compare(`${mode} ap`, result.perQuery.averagePrecision, golden.tensor(`out/${mode}_ap`));
      golden.report.compare(`${mode} cmc`, result.cmc, cmc);
      compareNumber(golden, `${mode} mAP`, result.mAP, `${mode}_mAP`);
      compareNumber(golden, `${mode} rank1`, result.cmc[0]!, `${mode}_rank1`);
      compareNumber(golden, `${mode} valid`, result.queries - result.queriesDropped, `${mode}_valid`);
      for (const [other, name] of Object.entries(BESIDE[mode as 'cc'] ?? {})) {
        compareNumber(golden, `${other} mAP beside ${mode}`, result.figures![`${name} mAP`]!, `${other}_mAP`);
        compareNumber(golden, `${other} rank1 beside ${mode}`, result.figures![`${name} rank-1`]!, `${other}_rank1`);
      }
    }
  },
};

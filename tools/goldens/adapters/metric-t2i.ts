import type { RetrievalFacts } from '@reidkit/core-tensor';
import { givenDistances, textToImage } from '@reidkit/eval';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { compareNumber, judgeBy, wholeNumbers } from '../retrieval-case.ts';

function factsOf(golden: GoldenCase, side: 'q' | 'g'): RetrievalFacts {
  const identities = wholeNumbers(golden.tensor(`in/${side}_pids`));
  return { identities, cameras: identities.map(() => -1) };
}

/** The reference counts in percent. */
const PERCENT = { atol: 1e-4, rtol: 0 };

export const adapter: GoldenAdapter = {
  family: 'metric-t2i',
  async run(golden) {
    const { report } = golden;
    const similarity = golden.tensor('in/similarity');
    const data = Float32Array.from(similarity.data as Float32Array, (value) => -value);
    const facts = { q: factsOf(golden, 'q'), g: factsOf(golden, 'g') };
    const protocol = textToImage({ maxRank: golden.json.config.max_rank });
    const result = await judgeBy(protocol, { ...similarity, data }, facts);
    report.compare('ap', result.perQuery.averagePrecision, golden.tensor('out/ap'));
    report.compare('inp', result.perQuery.inverseNegativePenalty, golden.tensor('out/inp'));
    report.compare('cmc', result.cmc.map((value) => 100 * value), golden.tensor('out/cmc'), PERCENT); // prettier-ignore
    compareNumber(golden, 'mAP', 100 * result.mAP, 'mAP', PERCENT);
    compareNumber(golden, 'mINP', 100 * result.mINP, 'mINP', PERCENT);
    compareNumber(golden, 'R1', 100 * result.cmc[0]!, 'R1', PERCENT);
    const top = golden.tensor('out/top10');
    const [queries = 0, length = 0] = top.shape;
    const given = givenDistances(data, [queries, similarity.shape[1]!]);
    const sides = [
      { descriptors: given.queries, facts: facts.q },
      { descriptors: given.gallery, facts: facts.g },
    ] as const;
    const lists = await protocol.rank(...sides, given.scorer, { queries: Array.from({ length: queries }, (_, q) => q), length });
    report.compare('top 10', lists.flatMap(({ ranking }) => ranking.map(({ gallery }) => gallery)), top); // prettier-ignore
  },
};

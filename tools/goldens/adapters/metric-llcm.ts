import type { RetrievalFacts } from '@reidkit/core-tensor';
import { givenDistances, judgeTrials, leaveOutSameCamera, leaveOutSamePlace } from '@reidkit/eval';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { compareNumber, FLOAT32_MEAN, wholeNumbers } from '../retrieval-case.ts';

/** The cases number cameras from 1. */
const factsOf = (golden: GoldenCase, side: 'q' | 'pool'): RetrievalFacts => ({
  identities: wholeNumbers(golden.tensor(`in/${side}_pids`)),
  cameras: wholeNumbers(golden.tensor(`in/${side}_camids`)).map((camera) => camera - 1),
});

const RULES = { llcm: leaveOutSameCamera, sysu: leaveOutSamePlace } as const;

export const adapter: GoldenAdapter = {
  family: 'metric-llcm',
  async run(golden) {
    const { report } = golden;
    const drawn = golden.tensor('in/galleries');
    const [trials = 0, size = 0] = drawn.shape;
    const positions = wholeNumbers(drawn);
    const galleries = Array.from({ length: trials }, (_, trial) => positions.slice(trial * size, (trial + 1) * size));
    const matrix = golden.tensor('in/distmat');
    const given = givenDistances(Float32Array.from(matrix.data as Float32Array), [matrix.shape[0]!, matrix.shape[1]!]);
    const { rule = 'llcm', max_rank: maxRank } = golden.json.config;
    const result = await judgeTrials(
      { protocol: rule, name: rule, rule: RULES[rule as keyof typeof RULES], maxRank },
      {
        query: { descriptors: given.queries, facts: factsOf(golden, 'q') },
        gallery: { descriptors: given.gallery, facts: { ...factsOf(golden, 'pool'), galleries } },
        scorer: given.scorer,
      },
      { trials, seed: 0 },
    );
    report.compare('ap', result.trials.flatMap(({ averagePrecision }) => [...averagePrecision]), golden.tensor('out/ap')); // prettier-ignore
    report.compare('mAP of trials', result.trials.map(({ mAP }) => mAP), golden.tensor('out/mAP')); // prettier-ignore
    report.compare('mINP of trials', result.trials.map(({ mINP }) => mINP), golden.tensor('out/mINP')); // prettier-ignore
    const want = golden.tensor('out/cmc_mean');
    report.check('cmc length', result.cmc.length === want.data.length, `expected ${want.data.length}, got ${result.cmc.length}`);
    report.compare('cmc', result.trials.flatMap(({ cmc }) => [...cmc]), golden.tensor('out/cmc'), FLOAT32_MEAN); // prettier-ignore
    report.compare('cmc mean', result.cmc, want, FLOAT32_MEAN);
    compareNumber(golden, 'mAP', result.mAP, 'mAP');
    compareNumber(golden, 'mINP', result.mINP, 'mINP');
    compareNumber(golden, 'rank1', result.cmc[0]!, 'rank1', FLOAT32_MEAN);
  },
};

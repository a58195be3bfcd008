import { judgeRankings, leaveOutSameCamera, poolPairs, rocCurve, givenDistances, verificationFigures, type PairWatcher } from '@reidkit/eval';
import type { GoldenAdapter } from '../adapter.ts';
import { compareNumber, factsOf } from '../retrieval-case.ts';

const RATES = [1e-4, 1e-3, 1e-2];

export const adapter: GoldenAdapter = {
  family: 'metric-roc',
  async run(golden) {
    const { report } = golden;
    const matrix = golden.tensor('in/distmat');
    const given = givenDistances(Float32Array.from(matrix.data as Float32Array), [matrix.shape[0]!, matrix.shape[1]!]);
    const query = { descriptors: given.queries, facts: factsOf(golden, 'q') };
    const gallery = { descriptors: given.gallery, facts: factsOf(golden, 'g') };
    let pool: PairWatcher | undefined;
    const watch = (evaluation: Parameters<ReturnType<typeof poolPairs>>[0]): PairWatcher => (pool = poolPairs(1024)(evaluation));
    const judging = { protocol: 'verification', name: 'verification', rule: leaveOutSameCamera, maxRank: 1, watch };
    await judgeRankings(judging, { query, gallery, scorer: given.scorer });
    const { same, different } = pool!.pairs();
    report.compare('pairs', [same.length, different.length], golden.tensor('out/n_pairs'));
    const negated = (values: Float32Array): Float32Array => values.map((value) => -value);
    const swapped = rocCurve(negated(different), negated(same));
    const want = golden.tensor('out/fpr');
    report.check('points', swapped.falseAccepts.length === want.data.length, `expected ${want.data.length}, got ${swapped.falseAccepts.length}`);
    report.compare('fpr', swapped.falseAccepts, want);
    report.compare('tpr', swapped.trueAccepts, golden.tensor('out/tpr'));
    const figures = verificationFigures({ same, different }, RATES);
    for (const [name, value] of Object.entries(figures)) {
      const key = name === 'AUC' ? 'auc' : name.startsWith('fast-reid ') ? name.slice(10) : `usual_${name}`;
      report.check(`${key} is stated`, key in golden.json.expected);
      compareNumber(golden, key, value, key);
    }
  },
};

import { poolPairs, rocCurve, verificationFigures } from '@reidkit/eval';
import type { GoldenAdapter } from '../adapter.ts';
import { compareNumber, factsOf } from '../retrieval-case.ts';

const RATES = [1e-4, 1e-3, 1e-2];

export const adapter: GoldenAdapter = {
  family: 'metric-roc',
  async run(golden) {
    const { report } = golden;
    const matrix = golden.tensor('in/distmat');
    const block = Float32Array.from(matrix.data as Float32Array);
    const [query, gallery] = [factsOf(golden, 'q'), factsOf(golden, 'g')];
    const length = gallery.identities.length;
    const pool = poolPairs(1024)({ query, gallery, length });
    // Queries without a positive count too, so that a case may have none at all, which no protocol would judge.
    query.identities.forEach((identity, q) => {
      const same = Array.from(gallery.identities.keys()).filter((g) => gallery.identities[g] === identity);
      const isOwn = (g: number): boolean => gallery.cameras[g] === query.cameras[q];
      const relevance = {
        matches: Int32Array.from(same.filter((g) => !isOwn(g))),
        leftOut: Int32Array.from(same.filter(isOwn)),
        sameIdentity: same.length,
      };
      pool.see({ query: q, row: { block, begin: q * length, length }, relevance, ranks: undefined });
    });
    const { same, different } = pool.pairs();
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

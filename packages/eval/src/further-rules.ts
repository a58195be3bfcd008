import type { GalleryRuleFor } from './gallery-rule.ts';
import { matchRanks } from './match-ranks.ts';
import type { MakeWatcher } from './ranking-watcher.ts';
import { scoreRanks } from './ranking-score.ts';
import { relevanceUnder } from './relevance.ts';

/** Judges the same distances by further rules too: figures `NAME mAP` and `NAME rank-1`, each over the queries that the rule can judge. */
export function furtherRules(rules: Readonly<Record<string, GalleryRuleFor>>): MakeWatcher {
  return ({ query, gallery }) => {
    const count = query.identities.length;
    const further = Object.entries(rules).map(([name, rule]) => ({
      name,
      relevanceOf: relevanceUnder(rule(query, gallery), query, gallery),
      precision: new Float64Array(count).fill(-1),
      first: new Float64Array(count).fill(-1),
    }));
    return {
      see({ query: q, row }) {
        for (const { relevanceOf, precision, first } of further) {
          const relevance = relevanceOf(q);
          if (relevance.matches.length === 0) continue;
          const score = scoreRanks(matchRanks(row, relevance));
          precision[q] = score.averagePrecision;
          first[q] = score.firstMatch === 0 ? 1 : 0;
        }
      },
      perQuery: () =>
        Object.fromEntries(
          further
            .filter(({ precision }) => precision.some((value) => value >= 0))
            .flatMap(({ name, precision, first }) => [[`${name} mAP`, precision] as const, [`${name} rank-1`, first] as const]),
        ),
      notes: () =>
        further.flatMap(({ name, precision }) =>
          precision.some((value) => value >= 0) ? [] : [`No query can be judged by the rule "${name}".`],
        ),
    };
  };
}

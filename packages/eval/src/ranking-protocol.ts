import type { Protocol } from '@reidkit/core-tensor/base';
import { judgeRankings, listRankings, type JudgingRule } from './judge-rankings.ts';

/** A protocol of one gallery for all queries from its rule. */
export function rankingProtocol(judging: JudgingRule, splits: Protocol['splits']): Protocol {
  return {
    name: judging.name,
    splits: { query: splits.query, gallery: splits.gallery },
    evaluate: (query, gallery, scorer, ranking) => judgeRankings(judging, { query, gallery, scorer }, ranking),
    rank: (query, gallery, scorer, ranking) => listRankings(judging, { query, gallery, scorer }, ranking),
  };
}

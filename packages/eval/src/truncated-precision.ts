import { matchRanks } from './match-ranks.ts';
import type { MakeWatcher } from './ranking-watcher.ts';

const NONE = new Int32Array(0);

/**
 * The mean average precision that the released evaluator of Instruct-ReID computes, as `map@CUT-hits`: the ranking is cut at raw rank `cut`,
 * before anything is left out, and precision is averaged over the matches inside, not over all. A query with no match inside has 0. As
 * matches far down the ranking do not count, it is mostly above the usual figure, and the two must not be compared.
 */
export function truncatedPrecision(cut: number): MakeWatcher {
  return ({ query }) => {
    const values = new Float64Array(query.identities.length).fill(-1);
    return {
      see({ query: q, row, relevance: { matches }, ranks }) {
        if (!ranks) return;
        const raw = matchRanks(row, { matches, leftOut: NONE });
        let hits = 0;
        let sum = 0;
        for (; hits < raw.length && raw[hits]! < cut; hits++) sum += (hits + 1) / (ranks[hits]! + 1);
        values[q] = hits === 0 ? 0 : sum / hits;
      },
      perQuery: () => ({ [`map@${cut}-hits`]: values }),
    };
  };
}

import { ReidError } from '@reidkit/core-tensor/base';
import type { MakeWatcher, RankingWatcher } from './ranking-watcher.ts';
import { notANumber } from './match-ranks.ts';

/** Distances of all pairs of a query and a gallery item that a rule keeps, pooled over queries; unsorted. */
export interface PairDistances {
  /** Pairs of the same person. */
  readonly same: Float32Array;
  /** Pairs of different people. */
  readonly different: Float32Array;
}

/** A watcher that pools the distances of all pairs, and what it has pooled. */
export interface PairWatcher extends RankingWatcher {
  /** The distances of all pairs so far. */
  pairs(): PairDistances;
}

/**
 * Pools the distances of all pairs that the rule keeps, those of queries without a match too. Throws INVALID_OPTIONS when they need more than
 * `memory` megabytes.
 */
export const poolPairs =
  (memory: number): ((...evaluation: Parameters<MakeWatcher>) => PairWatcher) =>
  ({ query, gallery }) => {
    const count = query.identities.length * gallery.identities.length;
    const megabytes = Math.ceil((4 * count) / 2 ** 20);
    if (megabytes > memory) {
      throw new ReidError(
        'INVALID_OPTIONS',
        `The distances of ${count} pairs need ${megabytes} MB, protocol/verification may take ${memory}.`,
        {
          hint: `set its option memory to ${megabytes}, or evaluate on fewer queries.`,
        },
      );
    }
    const different = new Float32Array(count);
    const same: number[] = [];
    let filled = 0;
    return {
      see({ row: { block, begin, length }, relevance }) {
        const apart = new Set<number>(relevance.leftOut);
        for (const at of relevance.matches) {
          same.push(block[begin + at]!);
          apart.add(at);
        }
        for (let at = 0; at < length; at++) {
          const distance = block[begin + at]!;
          if (distance !== distance) throw notANumber(at);
          if (!apart.has(at)) different[filled++] = distance;
        }
      },
      pairs: () => ({ same: Float32Array.from(same), different: different.subarray(0, filled) }),
    };
  };

import type { RetrievalResult } from '@reidkit/core-tensor/base';

const RANKS = [1, 3, 5, 10, 20] as const;

/** The figures of a result as JSON: what `metrics.json` of a run holds. Fractions in [0, 1]. */
export interface RetrievalSummary {
  readonly protocol: string;
  readonly mAP: number;
  readonly mINP: number;
  /** Cumulative matching by rank: `{ "1": …, "3": …, "5": …, "10": …, "20": … }`, as far as the protocol's curve goes. */
  readonly cmc: Readonly<Record<string, number>>;
  readonly queries: number;
  readonly queriesDropped: number;
  readonly gallery: number;
  readonly testIdentities: number;
  /** Figures beside the usual ones, such as `map@500-hits`. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** Cumulative matching at some ranks. A curve that ends with the gallery stays at its last value; one cut earlier has no later ranks. */
function matchingAt(ranks: readonly number[], { cmc, gallery }: RetrievalResult): Record<string, number> {
  const known = ranks.filter((rank) => rank <= cmc.length || cmc.length === gallery);
  return Object.fromEntries(known.map((rank) => [String(rank), cmc[Math.min(rank, cmc.length) - 1]!]));
}

/** The figures of a result without the numbers per query. */
export function summarize(result: RetrievalResult): RetrievalSummary {
  return {
    protocol: result.protocol,
    mAP: result.mAP,
    mINP: result.mINP,
    cmc: matchingAt(RANKS, result),
    queries: result.queries,
    queriesDropped: result.queriesDropped,
    gallery: result.gallery,
    testIdentities: result.identities,
    ...(result.figures ? { figures: result.figures } : {}),
  };
}

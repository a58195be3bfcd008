import {
  ReidError,
  type RankedListOptions,
  type RankedQuery,
  type RankingOptions,
  type RetrievalResult,
  type RetrievalSide,
  type Scorer,
} from '@reidkit/core-tensor/base';
import { visitDistanceRows } from './distance-rows.ts';
import { explainDropped, findDropped, protocolImpossible } from './dropped-queries.ts';
import type { GalleryRuleFor } from './gallery-rule.ts';
import { matchRanks, type DistanceRow } from './match-ranks.ts';
import { nearestItems } from './nearest-items.ts';
import type { MakeWatcher, RankingWatcher } from './ranking-watcher.ts';
import { cumulativeMatching, meanOfJudged, scoreRanks } from './ranking-score.ts';
import { relevanceUnder } from './relevance.ts';

/** A protocol of one gallery for all queries: its rule and how far its CMC goes. */
export interface JudgingRule {
  /** Id without the kind, for errors. */
  readonly protocol: string;
  /** Name for results, with what differs from the usual rule. */
  readonly name: string;
  readonly rule: GalleryRuleFor;
  readonly maxRank: number;
  /** Made for every evaluation: sees each ranking and adds figures. */
  readonly watch?: MakeWatcher;
}

/** What is compared with what. */
export interface Comparison {
  readonly query: RetrievalSide;
  readonly gallery: RetrievalSide;
  readonly scorer: Scorer;
}

/** Throws SHAPE_MISMATCH unless facts and descriptors of a side are equally many. */
export function checkSide(protocol: string, name: string, { descriptors, facts }: RetrievalSide): void {
  const counts = { identities: facts.identities.length, cameras: facts.cameras.length, clothes: facts.clothes?.length };
  for (const [fact, count] of Object.entries(counts)) {
    if (count === undefined || count === descriptors.count) continue;
    throw new ReidError('SHAPE_MISMATCH', `protocol/${protocol} expected ${descriptors.count} ${fact} for the ${name}, got ${count}.`, {
      hint: 'descriptors and facts have one entry per image, in the same order.',
    });
  }
}

/** Adds the query to an error about a distance. */
export function forQuery<T>(query: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!ReidError.is(error) || error.code !== 'INVALID_ARGUMENT') throw error;
    throw new ReidError('INVALID_ARGUMENT', `Query ${query} cannot be ranked. ${error.message}`, { cause: error });
  }
}

const ranksIn = (query: number, row: DistanceRow, question: Parameters<typeof matchRanks>[1]): Int32Array =>
  forQuery(query, () => matchRanks(row, question));

const means = (further: Readonly<Record<string, Float64Array>>): Record<string, number> =>
  Object.fromEntries(Object.entries(further).map(([name, values]) => [name, meanOfJudged(values)]));

const unlessEmpty = <T extends object>(entries: T): T | undefined => (Object.keys(entries).length > 0 ? entries : undefined);

/** Adds to a result what a watcher saw. */
function withSeen(result: RetrievalResult, watcher: RankingWatcher | undefined): RetrievalResult {
  if (!watcher) return result;
  const { cmc = () => result.cmc, notes = () => [] } = watcher;
  const further = unlessEmpty(watcher.perQuery?.() ?? {});
  const figures = unlessEmpty({ ...means(further ?? {}), ...watcher.figures?.() });
  return {
    ...result,
    cmc: cmc(),
    notes: [...result.notes, ...notes()],
    perQuery: { ...result.perQuery, ...(further ? { further } : {}) },
    ...(figures ? { figures } : {}),
  };
}

/** Judges the rankings of all queries: CMC, mAP, mINP. See `Protocol.evaluate` for what it throws. */
export async function judgeRankings(
  { protocol, name, rule: ruleFor, maxRank, watch }: JudgingRule,
  { query, gallery, scorer }: Comparison,
  options: RankingOptions = {},
): Promise<RetrievalResult> {
  checkSide(protocol, 'queries', query);
  checkSide(protocol, 'gallery', gallery);
  const rule = ruleFor(query.facts, gallery.facts);
  const relevanceOf = relevanceUnder(rule, query.facts, gallery.facts);
  const queries = query.descriptors.count;
  const relevance = Array.from({ length: queries }, (_, q) => relevanceOf(q));
  const dropped = findDropped(relevance);
  const sides = { query: query.facts, gallery: gallery.facts, rule };
  const queriesDropped = dropped.absent.length + dropped.leftOut.length;
  if (queriesDropped === queries) throw protocolImpossible(protocol, dropped, sides);

  const averagePrecision = new Float64Array(queries).fill(-1);
  const inverseNegativePenalty = new Float64Array(queries).fill(-1);
  const firstMatch = new Int32Array(queries).fill(-1);
  const length = Math.min(maxRank, gallery.descriptors.count);
  const watcher = watch?.({ query: query.facts, gallery: gallery.facts, length });
  const positions = relevance.flatMap(({ matches }, q) => (watcher || matches.length > 0 ? [q] : []));
  const prepared = scorer.prepare(gallery.descriptors, options.product);
  const visit = (q: number, row: DistanceRow): void => {
    const ranks = relevance[q]!.matches.length > 0 ? ranksIn(q, row, relevance[q]!) : undefined;
    if (watcher) forQuery(q, () => watcher.see({ query: q, row, relevance: relevance[q]!, ranks }));
    if (!ranks) return;
    const score = scoreRanks(ranks);
    averagePrecision[q] = score.averagePrecision;
    inverseNegativePenalty[q] = score.inverseNegativePenalty;
    firstMatch[q] = score.firstMatch;
  };
  await visitDistanceRows(prepared, { queries: query.descriptors, positions, reads: scorer.reads }, { ...options, visit });

  const result: RetrievalResult = {
    protocol: name,
    mAP: meanOfJudged(averagePrecision),
    mINP: meanOfJudged(inverseNegativePenalty),
    cmc: cumulativeMatching(firstMatch, length),
    queries,
    queriesDropped,
    gallery: gallery.descriptors.count,
    identities: new Set(query.facts.identities).size,
    notes: explainDropped(dropped, sides),
    perQuery: { averagePrecision, inverseNegativePenalty, firstMatch },
  };
  return withSeen(result, watcher);
}

/** The nearest gallery items of some queries under the same rule. See `Protocol.rank`. */
export async function listRankings(
  { protocol, rule: ruleFor }: JudgingRule,
  { query, gallery, scorer }: Comparison,
  { queries, length, ...options }: RankedListOptions,
): Promise<RankedQuery[]> {
  checkSide(protocol, 'queries', query);
  checkSide(protocol, 'gallery', gallery);
  const outside = queries.find((q) => !(Number.isInteger(q) && q >= 0 && q < query.descriptors.count));
  if (outside !== undefined) {
    throw new ReidError('INVALID_ARGUMENT', `rank() takes queries from 0 to ${query.descriptors.count - 1}, got ${outside}.`);
  }
  const relevanceOf = relevanceUnder(ruleFor(query.facts, gallery.facts), query.facts, gallery.facts);
  const ranked: RankedQuery[] = [];
  const visit = (q: number, row: DistanceRow): void => {
    const relevance = relevanceOf(q);
    const matches = new Set(relevance.matches);
    const nearest = forQuery(q, () => nearestItems(row, length, relevance.leftOut));
    ranked.push({
      query: q,
      averagePrecision: relevance.matches.length === 0 ? -1 : scoreRanks(ranksIn(q, row, relevance)).averagePrecision,
      ranking: nearest.map((g) => ({ gallery: g, distance: row.block[row.begin + g]!, match: matches.has(g) })),
    });
  };
  const prepared = scorer.prepare(gallery.descriptors, options.product);
  await visitDistanceRows(prepared, { queries: query.descriptors, positions: queries, reads: scorer.reads }, { ...options, visit });
  return ranked;
}

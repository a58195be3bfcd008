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
}

/** What is compared with what. */
export interface Comparison {
  readonly query: RetrievalSide;
  readonly gallery: RetrievalSide;
  readonly scorer: Scorer;
}

function checkSide(protocol: string, name: string, { descriptors, facts }: RetrievalSide): void {
  const counts = { identities: facts.identities.length, cameras: facts.cameras.length, clothes: facts.clothes?.length };
  for (const [fact, count] of Object.entries(counts)) {
    if (count === undefined || count === descriptors.count) continue;
    throw new ReidError('SHAPE_MISMATCH', `protocol/${protocol} expected ${descriptors.count} ${fact} for the ${name}, got ${count}.`, {
      hint: 'descriptors and facts have one entry per image, in the same order.',
    });
  }
}

/** Adds the query to an error about a distance. */
function forQuery<T>(query: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!ReidError.is(error) || error.code !== 'INVALID_ARGUMENT') throw error;
    throw new ReidError('INVALID_ARGUMENT', `Query ${query} cannot be ranked. ${error.message}`, { cause: error });
  }
}

const ranksIn = (query: number, row: DistanceRow, question: Parameters<typeof matchRanks>[1]): Int32Array =>
  forQuery(query, () => matchRanks(row, question));

/** Judges the rankings of all queries: CMC, mAP, mINP. See `Protocol.evaluate` for what it throws. */
export async function judgeRankings(
  { protocol, name, rule: ruleFor, maxRank }: JudgingRule,
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
  const positions = relevance.flatMap(({ matches }, q) => (matches.length > 0 ? [q] : []));
  const prepared = scorer.prepare(gallery.descriptors, options.product);
  const visit = (q: number, row: DistanceRow): void => {
    const score = scoreRanks(ranksIn(q, row, relevance[q]!));
    averagePrecision[q] = score.averagePrecision;
    inverseNegativePenalty[q] = score.inverseNegativePenalty;
    firstMatch[q] = score.firstMatch;
  };
  await visitDistanceRows(prepared, { queries: query.descriptors, positions, reads: scorer.reads }, { ...options, visit });

  return {
    protocol: name,
    mAP: meanOfJudged(averagePrecision),
    mINP: meanOfJudged(inverseNegativePenalty),
    cmc: cumulativeMatching(firstMatch, Math.min(maxRank, gallery.descriptors.count)),
    queries,
    queriesDropped,
    gallery: gallery.descriptors.count,
    identities: new Set(query.facts.identities).size,
    notes: explainDropped(dropped, sides),
    perQuery: { averagePrecision, inverseNegativePenalty, firstMatch },
  };
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

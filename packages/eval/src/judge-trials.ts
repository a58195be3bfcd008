import type { RankingOptions, RetrievalFacts, RetrievalResult } from '@reidkit/core-tensor/base';
import { visitDistanceRows } from './distance-rows.ts';
import { explainDropped, findDropped, protocolImpossible } from './dropped-queries.ts';
import { checkSide, forQuery, type Comparison, type JudgingRule } from './judge-rankings.ts';
import { matchRanks, type DistanceRow } from './match-ranks.ts';
import { cumulativeMatching, meanOfJudged, scoreRanks } from './ranking-score.ts';
import { relevanceUnder, type Relevance } from './relevance.ts';
import { trialGalleries, type TrialOptions } from './trial-galleries.ts';

/** One trial: a part of the gallery and what it gave, per query. */
interface Trial {
  readonly positions: Int32Array;
  readonly identities: Int32Array;
  readonly relevance: readonly Relevance[];
  readonly averagePrecision: Float64Array;
  readonly inverseNegativePenalty: Float64Array;
  /** Rank of the person among the different people of the ranking, from 0. */
  readonly firstPerson: Int32Array;
}

/** A result with what every trial gave by itself. */
export interface TrialsResult extends RetrievalResult {
  readonly trials: readonly {
    readonly mAP: number;
    readonly mINP: number;
    readonly cmc: readonly number[];
    readonly averagePrecision: Float64Array;
  }[];
}

const take = (values: Int32Array, positions: Int32Array): Int32Array => positions.map((at) => values[at]!);

function trialOf(positions: Int32Array, rule: JudgingRule['rule'], query: RetrievalFacts, gallery: RetrievalFacts): Trial {
  const facts = { identities: take(gallery.identities, positions), cameras: take(gallery.cameras, positions) };
  const relevanceOf = relevanceUnder(rule(query, facts), query, facts);
  const count = query.identities.length;
  return {
    positions,
    identities: facts.identities,
    relevance: Array.from({ length: count }, (_, q) => relevanceOf(q)),
    averagePrecision: new Float64Array(count).fill(-1),
    inverseNegativePenalty: new Float64Array(count).fill(-1),
    firstPerson: new Int32Array(count).fill(-1),
  };
}

/** How many other people are seen in the ranking before the first match. */
function peopleBefore(row: DistanceRow, { matches, leftOut }: Relevance, identities: Int32Array): number {
  const { block } = row;
  let first = matches[0]!;
  for (const at of matches) if (block[at]! < block[first]!) first = at;
  const removed = new Set(leftOut);
  const people = new Set<number>();
  for (let at = 0; at < row.length; at++) {
    if (removed.has(at) || !(block[at]! < block[first]! || (block[at] === block[first] && at < first))) continue;
    people.add(identities[at]!);
  }
  return people.size;
}

function judgeTrial(trial: Trial, q: number, whole: DistanceRow): void {
  const relevance = trial.relevance[q]!;
  if (relevance.matches.length === 0) return;
  const block = Float32Array.from(trial.positions, (at) => whole.block[whole.begin + at]!);
  const row = { block, begin: 0, length: block.length };
  const score = scoreRanks(forQuery(q, () => matchRanks(row, relevance)));
  trial.averagePrecision[q] = score.averagePrecision;
  trial.inverseNegativePenalty[q] = score.inverseNegativePenalty;
  trial.firstPerson[q] = peopleBefore(row, relevance, trial.identities);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const deviation = (values: readonly number[]): number => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

/** Means of a query over the trials that judge it. */
const overTrials = (trials: readonly Trial[], queries: number, of: (trial: Trial) => ArrayLike<number>): Float64Array =>
  Float64Array.from({ length: queries }, (_, q) => {
    const judged = trials.map((trial) => of(trial)[q]!).filter((value) => value >= 0);
    return judged.length === 0 ? -1 : mean(judged);
  });

/** A query has a match if it has one in any trial. */
function mergeRelevance(trials: readonly Trial[], q: number): Relevance {
  const all = trials.map(({ relevance }) => relevance[q]!);
  return all.find(({ matches }) => matches.length > 0) ?? all.find(({ sameIdentity }) => sameIdentity > 0) ?? all[0]!;
}

/**
 * Judges rankings in several drawn galleries and averages: mAP and mINP as usual, the matching curve over people: an image of somebody seen
 * before in the ranking takes no place. `firstMatch` is the mean rank, rounded. Throws like `judgeRankings`.
 */
export async function judgeTrials(
  { protocol, name, rule, maxRank }: JudgingRule,
  { query, gallery, scorer }: Comparison,
  { trials: count, seed, ...options }: TrialOptions & RankingOptions,
): Promise<TrialsResult> {
  checkSide(protocol, 'queries', query);
  checkSide(protocol, 'gallery', gallery);
  const trials = trialGalleries(gallery.facts, { trials: count, seed }).map((at) => trialOf(at, rule, query.facts, gallery.facts));
  const queries = query.descriptors.count;
  const relevance = Array.from({ length: queries }, (_, q) => mergeRelevance(trials, q));
  const dropped = findDropped(relevance);
  const sides = { query: query.facts, gallery: gallery.facts, rule: rule(query.facts, gallery.facts) };
  const queriesDropped = dropped.absent.length + dropped.leftOut.length;
  if (queriesDropped === queries) throw protocolImpossible(protocol, dropped, sides);
  const positions = relevance.flatMap(({ matches }, q) => (matches.length > 0 ? [q] : []));
  const visit = (q: number, row: DistanceRow): void => trials.forEach((trial) => judgeTrial(trial, q, row));
  const prepared = scorer.prepare(gallery.descriptors, options.product);
  await visitDistanceRows(prepared, { queries: query.descriptors, positions, reads: scorer.reads }, { ...options, visit });

  const results = trials.map(({ averagePrecision, inverseNegativePenalty, firstPerson, identities }) => ({
    mAP: meanOfJudged(averagePrecision),
    mINP: meanOfJudged(inverseNegativePenalty),
    cmc: cumulativeMatching(firstPerson, Math.min(maxRank, new Set(identities).size)),
    averagePrecision,
  }));
  const length = Math.min(...results.map(({ cmc }) => cmc.length));
  return {
    protocol: name,
    mAP: mean(results.map(({ mAP }) => mAP)),
    mINP: mean(results.map(({ mINP }) => mINP)),
    cmc: Array.from({ length }, (_, rank) => mean(results.map(({ cmc }) => cmc[rank]!))),
    queries,
    queriesDropped,
    gallery: Math.max(...trials.map(({ positions: chosen }) => chosen.length)),
    identities: new Set(query.facts.identities).size,
    notes: explainDropped(dropped, sides),
    perQuery: {
      averagePrecision: overTrials(trials, queries, (trial) => trial.averagePrecision),
      inverseNegativePenalty: overTrials(trials, queries, (trial) => trial.inverseNegativePenalty),
      firstMatch: Int32Array.from(
        overTrials(trials, queries, (trial) => trial.firstPerson),
        Math.round,
      ),
    },
    figures: {
      galleries: trials.length,
      'mAP deviation': deviation(results.map(({ mAP }) => mAP)),
      'rank-1 deviation': deviation(results.map(({ cmc }) => cmc[0]!)),
    },
    trials: results,
  };
}

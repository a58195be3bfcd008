import { ReidError } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { meanOfJudged } from '../ranking-score.ts';
import { matchContext } from './context-matching.ts';
import { bySimilarity, searchFrames } from './search-frames.ts';
import { similarityOf, type SearchedFrame, type SearchQuery } from './search-scene.ts';
import { steppedPrecision, type Scored } from './stepped-precision.ts';

/** Options of {@link judgePersonSearch}. */
export const personSearchOptions = z.strictObject({
  minScore: z.number().default(0.5).describe('Confidence below which a detection does not count.'),
  ownCamera: z
    .enum(['searched', 'left out'])
    .default('searched')
    .describe('Whether frames of the query\'s camera are searched; "left out" is the stricter cross-camera form.'),
  ranks: z.array(z.int().positive()).default([1, 5, 10]).describe('Ranks of the matching figures.'),
  context: z
    .strictObject({
      k1: z.int().positive().default(30).describe('Most similar detections whose frames are matched.'),
      k2: z.int().positive().default(4).describe("People of the query's frame that are matched."),
    })
    .optional()
    .describe('Context bipartite graph matching (CBGM) before ranking; queries need their context.'),
});

type Options = z.output<typeof personSearchOptions>;

/** What a person search gives; fractions in [0, 1]. */
export interface PersonSearchResult {
  /** Rules in words, for results. */
  readonly protocol: string;
  readonly mAP: number;
  /** Share of queries with the person among the first detections, by rank. */
  readonly top: Readonly<Record<string, number>>;
  readonly queries: number;
  /** Queries whose person is in no searched frame: not counted. */
  readonly queriesDropped: number;
  readonly notes: readonly string[];
  readonly perQuery: {
    /** −1 for a dropped query. */
    readonly averagePrecision: Float64Array;
    /** 1 or 0 by rank, −1 for a dropped query. */
    readonly top: Readonly<Record<string, Float64Array>>;
  };
}

function matchedBy(rank: number, items: readonly Scored[]): number {
  const order = bySimilarity(Float64Array.from(items, ({ score }) => score));
  return order.slice(0, rank).some((at) => items[at]!.right) ? 1 : 0;
}

/** The rules in words. */
export const describeSearch = ({ minScore, ownCamera, context }: Pick<Options, 'minScore' | 'ownCamera' | 'context'>): string =>
  [
    'person search',
    `detections from ${minScore}`,
    ...(ownCamera === 'left out' ? ['cross-camera'] : []),
    ...(context ? [`CBGM ${context.k1}/${context.k2}`] : []),
  ].join(', ');

/**
 * Judges a search through whole frames, by the rules of PRW and CUHK-SYSU: all frames but the query's own are searched (or those that the
 * query lists: TestG50, TestG100, …); in a frame with the person, the most similar detection with an overlap of at least
 * `min(0.5, wh / ((w + 10)(h + 10)))` with the true box is the match; average precision over all detections is multiplied by the share of
 * true frames in which the person was found at all. Throws PROTOCOL_IMPOSSIBLE when no query is left, INVALID_ARGUMENT for a frame that is not
 * there.
 * @see Zheng et al., "Person Re-identification in the Wild" (CVPR 2017); Xiao et al., "Joint Detection and Identification Feature Learning for
 * Person Search" (CVPR 2017).
 */
export function judgePersonSearch(
  frames: readonly SearchedFrame[],
  queries: readonly SearchQuery[],
  options: z.input<typeof personSearchOptions> = {},
): PersonSearchResult {
  const chosen = personSearchOptions.parse(options);
  const averagePrecision = new Float64Array(queries.length).fill(-1);
  const top = Object.fromEntries(chosen.ranks.map((rank) => [String(rank), new Float64Array(queries.length).fill(-1)]));
  queries.forEach((query, q) => {
    const search = searchFrames(query, frames, {
      minScore: chosen.minScore,
      ownCamera: chosen.ownCamera,
      similarity: (at, position) => similarityOf(frames[at]!.detections[position]!.feature, query.feature),
      adjust: (searched) => {
        if (chosen.context) matchContext(searched, query.context ?? [query.feature], chosen.context);
      },
    });
    if (!search) return;
    averagePrecision[q] = steppedPrecision(search.items) * search.recall;
    for (const rank of chosen.ranks) top[String(rank)]![q] = matchedBy(rank, search.items);
  });
  const queriesDropped = averagePrecision.filter((value) => value < 0).length;
  if (queriesDropped === queries.length) {
    throw new ReidError(
      'PROTOCOL_IMPOSSIBLE',
      `Person search cannot judge a single one of ${queries.length} queries: no searched frame shows the person.`,
      {
        hint: 'check the true boxes of the queries, their gallery lists, and the cameras if their own is left out.',
      },
    );
  }
  return {
    protocol: describeSearch(chosen),
    mAP: meanOfJudged(averagePrecision),
    top: Object.fromEntries(Object.entries(top).map(([rank, values]) => [rank, meanOfJudged(values)])),
    queries: queries.length,
    queriesDropped,
    notes: queriesDropped > 0 ? [`${queriesDropped} of ${queries.length} queries: no searched frame shows the person.`] : [],
    perQuery: { averagePrecision, top },
  };
}

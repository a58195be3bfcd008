import {
  ReidError,
  defineComponent,
  type GalleryScene,
  type Protocol,
  type QueryScene,
  type RankedQuery,
  type RankingOptions,
  type RetrievalResult,
  type RetrievalSide,
  type Scorer,
} from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { visitDistanceRows } from '../distance-rows.ts';
import { checkSide, forQuery } from '../judge-rankings.ts';
import { notANumber, type DistanceRow } from '../match-ranks.ts';
import { rankingOptions } from '../ranking-options.ts';
import { cumulativeMatching, meanOfJudged } from '../ranking-score.ts';
import { describeSearch, personSearchOptions } from './judge-person-search.ts';
import { scoreDetections } from './score-detections.ts';
import { bySimilarity, searchFrames, type FrameOf, type JudgedDetection } from './search-frames.ts';
import type { Detection, SearchQuery } from './search-scene.ts';
import { steppedPrecision } from './stepped-precision.ts';

const protocolOptions = z.strictObject({
  minScore: personSearchOptions.shape.minScore,
  ownCamera: personSearchOptions.shape.ownCamera,
  ...rankingOptions,
});

type Options = z.output<typeof protocolOptions>;

/** Rank of the first right detection of a query that found nobody: behind every length of a curve. */
const NEVER = 2 ** 31 - 1;

/** Somebody found, and which row of the gallery's descriptors is theirs. */
interface FoundItem extends Pick<Detection, 'box' | 'score'> {
  readonly item: number;
}

/** Both sides of a search, put in order by frame. */
interface Scene {
  readonly frames: readonly FrameOf<FoundItem>[];
  readonly queries: readonly Omit<SearchQuery, 'feature'>[];
  readonly gallery: GalleryScene;
}

function needScene(query: RetrievalSide, gallery: RetrievalSide): { readonly query: QueryScene; readonly gallery: GalleryScene } {
  checkSide('person-search', 'queries', query);
  checkSide('person-search', 'gallery', gallery);
  if (query.facts.queryScene && gallery.facts.scene) return { query: query.facts.queryScene, gallery: gallery.facts.scene };
  throw new ReidError(
    'PROTOCOL_IMPOSSIBLE',
    'Person search is judged on people in frames; these queries or this gallery are cropped images.',
    {
      hint: 'take a data set of frames (dataset/prw, dataset/cuhk-sysu, dataset/jsonl), or protocol/market1501 for crops.',
    },
  );
}

function sceneOf(query: RetrievalSide, side: RetrievalSide): Scene {
  const scene = needScene(query, side);
  const detections = Array.from(scene.gallery.cameras, (): FoundItem[] => []);
  scene.gallery.frames.forEach((frame, item) => {
    if (!detections[frame]) throw new ReidError('INVALID_ARGUMENT', `Gallery item ${item} is in frame ${frame}; expected 0 to ${detections.length - 1}.`); // prettier-ignore
    detections[frame].push({ item, box: scene.gallery.boxes[item]!, score: scene.gallery.scores[item]! });
  });
  const truth = new Map<number, { frame: number; box: Detection['box'] }[]>();
  for (const { frame, identity, box } of scene.gallery.truth) {
    if (identity === null) continue;
    const held = truth.get(identity) ?? [];
    truth.set(identity, held);
    held.push({ frame, box });
  }
  return {
    gallery: scene.gallery,
    frames: detections.map((found, at) => ({ camera: scene.gallery.cameras[at]!, detections: found })),
    queries: Array.from(query.facts.identities, (identity, q) => {
      const searched = scene.query.searched[q];
      return {
        frame: scene.query.frames[q]!,
        camera: query.facts.cameras[q]!,
        truth: truth.get(identity) ?? [],
        ...(searched ? { gallery: searched } : {}),
      };
    }),
  };
}

/** Every detection that a query's search judges, the most similar first; undefined where the person is in no searched frame. */
function judgedBy(
  { frames, queries }: Scene,
  query: number,
  row: DistanceRow,
  { minScore, ownCamera }: Options,
): { readonly items: readonly JudgedDetection[]; readonly recall: number } | undefined {
  const similarity = (frame: number, position: number): number => {
    const { item } = frames[frame]!.detections[position]!;
    const distance = row.block[row.begin + item]!;
    if (distance !== distance) throw notANumber(item);
    return -distance;
  };
  const search = forQuery(query, () => searchFrames(queries[query]!, frames, { minScore, ownCamera, similarity }));
  if (!search) return undefined;
  const order = bySimilarity(Float64Array.from(search.items, ({ score }) => score));
  return { recall: search.recall, items: order.map((at) => search.items[at]!) };
}

/** How well one query was found. */
function scoreOf({ items, recall }: { readonly items: readonly JudgedDetection[]; readonly recall: number }) {
  const ranks = items.flatMap(({ right }, rank) => (right ? [rank] : []));
  return {
    averagePrecision: steppedPrecision(items) * recall,
    // Somebody who was not found in a frame is behind all that was.
    inverseNegativePenalty: recall === 1 ? ranks.length / (ranks.at(-1)! + 1) : 0,
    firstMatch: ranks[0] ?? NEVER,
  };
}

function noneLeft(queries: number): ReidError {
  return new ReidError(
    'PROTOCOL_IMPOSSIBLE',
    `protocol/person-search cannot judge a single one of ${queries} queries: no searched frame shows the person.`,
    { hint: 'check the true boxes of the gallery, the lists of frames to search, and the cameras if their own is left out.' },
  );
}

async function evaluate(
  sides: { readonly query: RetrievalSide; readonly gallery: RetrievalSide; readonly scorer: Scorer },
  options: Options,
  ranking: RankingOptions,
): Promise<RetrievalResult> {
  const { query, gallery, scorer } = sides;
  const scene = sceneOf(query, gallery);
  const count = query.descriptors.count;
  const averagePrecision = new Float64Array(count).fill(-1);
  const inverseNegativePenalty = new Float64Array(count).fill(-1);
  const firstMatch = new Int32Array(count).fill(-1);
  const visit = (q: number, row: DistanceRow): void => {
    const judged = judgedBy(scene, q, row, options);
    if (!judged) return;
    const score = scoreOf(judged);
    averagePrecision[q] = score.averagePrecision;
    inverseNegativePenalty[q] = score.inverseNegativePenalty;
    firstMatch[q] = score.firstMatch;
  };
  const positions = Array.from({ length: count }, (_, q) => q);
  const prepared = scorer.prepare(gallery.descriptors, ranking.product);
  await visitDistanceRows(prepared, { queries: query.descriptors, positions, reads: scorer.reads }, { ...ranking, visit });
  const queriesDropped = firstMatch.filter((rank) => rank < 0).length;
  if (queriesDropped === count) throw noneLeft(count);
  const truth = scene.frames.map((): Detection['box'][] => []);
  for (const { frame, box } of scene.gallery.truth) truth[frame]!.push(box);
  const found = scoreDetections(
    scene.frames.map(({ detections }, at) => ({ truth: truth[at]!, detections })),
    { minScore: options.minScore },
  );
  return {
    protocol: describeSearch(options),
    mAP: meanOfJudged(averagePrecision),
    mINP: meanOfJudged(inverseNegativePenalty),
    cmc: cumulativeMatching(firstMatch, Math.min(options.maxRank, gallery.descriptors.count)),
    queries: count,
    queriesDropped,
    gallery: gallery.descriptors.count,
    identities: new Set(query.facts.identities).size,
    notes: queriesDropped > 0 ? [`${queriesDropped} of ${count} queries: no searched frame shows the person.`] : [],
    perQuery: { averagePrecision, inverseNegativePenalty, firstMatch },
    figures: { 'detection recall': found.recall, 'detection AP': found.averagePrecision },
  };
}

/**
 * Person search under the rules of {@link judgePersonSearch}, over distances of any scorer: for sides whose facts say in which frames people
 * were found and truly are. mINP counts 0 for a query whose person was not found in every frame, and the share of true boxes found at an
 * overlap of one half stands beside.
 * @see Zheng et al., "Person Re-identification in the Wild" (CVPR 2017); Xiao et al., "Joint Detection and Identification Feature Learning for
 * Person Search" (CVPR 2017).
 */
export function personSearch(given: z.input<typeof protocolOptions> = {}): Protocol {
  const options = protocolOptions.parse(given);
  return {
    name: describeSearch(options),
    splits: { query: options.query, gallery: options.gallery },
    evaluate: (query, gallery, scorer, ranking = {}) => evaluate({ query, gallery, scorer }, options, ranking),
    async rank(query, gallery, scorer, { queries, length, ...ranking }) {
      const scene = sceneOf(query, gallery);
      const ranked: RankedQuery[] = [];
      const visit = (q: number, row: DistanceRow): void => {
        const judged = judgedBy(scene, q, row, options) ?? { items: [], recall: 0 };
        ranked.push({
          query: q,
          averagePrecision: judged.items.length === 0 ? -1 : scoreOf(judged).averagePrecision,
          ranking: judged.items.slice(0, length).map(({ frame, position, score, right }) => ({
            gallery: scene.frames[frame]!.detections[position]!.item,
            distance: -score,
            match: right,
          })),
        });
      };
      const prepared = scorer.prepare(gallery.descriptors, ranking.product);
      await visitDistanceRows(prepared, { queries: query.descriptors, positions: queries, reads: scorer.reads }, { ...ranking, visit });
      return ranked;
    },
  };
}

/** `protocol/person-search`. */
export const personSearchComponent = defineComponent({
  summary: 'PRW and CUHK-SYSU: whole frames are searched; overlap rule, recall counts, the own frame is left out.',
  paper: 'Zheng et al., CVPR 2017; Xiao et al., CVPR 2017',
  options: protocolOptions,
  build: (options) => personSearch(options),
});

import { type CropRecord, ReidError, type Dataset, type Fingerprint, type HostTensors, type MakeProgram, type MatrixProduct, type Model, type Protocol, type RankedQuery, type Reranker, type RetrievalResult, type RetrievalSide, type Scorer, type TextRecord, type TokenizerSource } from '@reidkit/core-tensor'; // prettier-ignore
import { drawTrialGallery, readDetections } from '@reidkit/datasets';
import { pickQueries, streamedGallery, summarize, type RetrievalSummary, version as evalVersion } from '@reidkit/eval';
import { defaultWorkers, type Extracted } from './extract.ts';
import type { SentencesOf } from './instruction-fields.ts';
import { extractSides, type ExtractSidesOptions, type Sides } from './extract-sides.ts';
import type { Recipe } from '@reidkit/core-tensor';
import { rankingTensors } from './rankings.ts';
import { version } from './version.ts';

/** What {@link evaluate} works on. */
export interface EvaluateOptions {
  readonly evaluation: Recipe['evaluation'];
  readonly model: Model;
  readonly protocol: Protocol;
  readonly scorer: Scorer;
  /** What cuts texts into words, where the evaluation has texts. */
  readonly tokenizer?: TokenizerSource | undefined;
  /** Reads what tells the model of each image what to look for. */
  readonly instructions?: (() => Promise<{ readonly sentences?: SentencesOf }>) | undefined;
  /** What is done to the retrieval before it is judged, in this order. */
  readonly rerankers?: readonly Reranker[];
  /** Parameters and buffers by path. */
  readonly tensors: HostTensors;
  readonly dataset: Dataset;
  readonly makeProgram: MakeProgram;
  readonly product: MatrixProduct;
  /** Folder for the descriptors of the gallery, which are then never whole in memory; gone on with where it was begun. */
  readonly features?: string;
  /** Threads that read and decode images. Default: {@link defaultWorkers}. */
  readonly workers?: number;
  readonly plugins?: readonly string[];
  readonly onError?: 'stop' | 'skip';
  /** Queries in each group of ranked lists; none unless given. */
  readonly lists?: { readonly count: number; readonly length: number; readonly seed: number };
  /** Called after every batch with the split, images done and in all. */
  readonly onProgress?: (phase: string, done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** A ranked list by file names. */
export interface RankedList {
  readonly query: CropRecord | TextRecord;
  /** In [0, 1]. */
  readonly averagePrecision: number;
  readonly ranking: readonly { readonly item: CropRecord; readonly distance: number; readonly match: boolean }[];
}

/** Figures, and everything that they depend on: what `metrics.json` holds. */
export interface EvaluationSummary extends RetrievalSummary {
  /** The data that were judged: counts, version, hash of the sorted list. */
  readonly fingerprint: Fingerprint;
  /** What was compared: names of the model's outputs (the feature stage), how, and whether they were divided by their norm. */
  readonly features: {
    readonly outputs: readonly string[];
    readonly scorer: string;
    readonly normalized: boolean;
    /** Averaged with those of the mirror image. */
    readonly flip: boolean;
  };
  /** What was done before judging, with every number that it depends on; empty for nothing. */
  readonly reranking: readonly { readonly name: string; readonly parameters: Readonly<Record<string, unknown>> }[];
  /** Protocol and scorer as the recipe names them, with seeds of draws. */
  readonly components: { readonly protocol: unknown; readonly scorer: unknown };
  readonly versions: Readonly<Record<string, string>>;
}

/** What an evaluation gives. */
export interface Evaluation {
  readonly summary: EvaluationSummary;
  /** Numbers of every query in the order of the data set, −1 for a dropped one: what intervals are made from. */
  readonly perQuery: {
    readonly averagePrecision: readonly number[];
    readonly inverseNegativePenalty: readonly number[];
    readonly firstMatch: readonly number[];
  };
  /** The whole cumulative matching curve, from rank 1. */
  readonly cmc: readonly number[];
  readonly notes: readonly string[];
  readonly lists: { readonly best: readonly RankedList[]; readonly worst: readonly RankedList[]; readonly random: readonly RankedList[] };
  /** Images that could not be read, where that was allowed. */
  readonly skipped: number;
  readonly seconds: number;
}

/** Bytes of a block of distances to a gallery in files, which is read once for every block. */
const STREAMED_BLOCK = 2 ** 28;

/** An evaluation, and the rankings that it was asked for. */
export interface Evaluated extends Evaluation {
  /** Beginnings of the rankings of all judged queries for a file, where lists were asked for and the images are those of the data set. */
  readonly rankings?: HostTensors;
}

/** What is judged: both sides as they are after re-ranking, and the scorer that compares them. */
interface Judged {
  readonly query: RetrievalSide;
  readonly gallery: RetrievalSide;
  readonly scorer: Scorer;
}

async function rankedLists(
  { protocol, lists, product }: EvaluateOptions,
  result: RetrievalResult,
  judged: Judged,
  { query, gallery }: Sides,
): Promise<Evaluation['lists']> {
  if (!lists) return { best: [], worst: [], random: [] };
  const picked = pickQueries(result, lists);
  const named = ({ query: at, averagePrecision, ranking }: RankedQuery): RankedList => ({
    query: query.records[at]!,
    averagePrecision,
    ranking: ranking.map(({ gallery: place, distance, match }) => ({ item: gallery.records[place]!, distance, match })),
  });
  const list = async (queries: readonly number[]): Promise<RankedList[]> =>
    queries.length === 0
      ? []
      : (await protocol.rank(judged.query, judged.gallery, judged.scorer, { queries, length: lists.length, product })).map(named);
  return { best: await list(picked.best), worst: await list(picked.worst), random: await list(picked.random) };
}

/** The gallery with the published draws, for protocols of several trials. */
function withGalleries({ descriptors, facts, records }: Extracted<CropRecord>, trials: number | undefined): RetrievalSide {
  if (trials === undefined) return { descriptors, facts };
  const places = new Map(records.map(({ file }, at) => [file, at]));
  const candidates = records.map(({ file, identity, camera }) => ({ file, identity, camera: camera ?? -1 }));
  const galleries = Array.from({ length: trials }, (_, trial) =>
    Int32Array.from(drawTrialGallery(candidates, trial), (file) => places.get(file)!),
  );
  return { descriptors, facts: { ...facts, galleries } };
}

async function reranked(
  { protocol, scorer, rerankers = [], product, signal }: EvaluateOptions,
  { query, gallery }: Sides,
): Promise<Judged> {
  const compared = gallery.parts ? streamedGallery(scorer, gallery.parts).scorer : scorer;
  let held = { query: query.descriptors, gallery: gallery.descriptors, scorer: compared };
  for (const reranker of rerankers) held = { ...(await reranker.apply(held, { product, ...(signal ? { signal } : {}) })) };
  return {
    query: { facts: query.facts, descriptors: held.query },
    gallery: { ...withGalleries(gallery, protocol.trials), descriptors: held.gallery },
    scorer: held.scorer,
  };
}

function summaryOf({ evaluation, scorer, rerankers = [], dataset }: EvaluateOptions, result: RetrievalResult): EvaluationSummary {
  return {
    ...summarize(result),
    fingerprint: dataset.fingerprint,
    features: { outputs: scorer.reads, scorer: scorer.name, normalized: scorer.normalizes ?? false, flip: evaluation.flip },
    reranking: rerankers.map(({ name, parameters }) => ({ name, parameters })),
    components: { protocol: evaluation.protocol, scorer: evaluation.scorer },
    versions: { '@reidkit/eval': evalVersion, '@reidkit/trainer': version, node: process.version },
  };
}

const inWords = ({ name, parameters }: Reranker): string => {
  const numbers = Object.entries(parameters).map(([key, value]) => `${key} ${String(value)}`);
  return `Re-ranked: ${name} (${numbers.join(', ')}).`;
};

/** What the evaluation names beside the data: query texts, and the people found in frames. Throws what reading them throws. */
async function readFurther({
  evaluation: { texts, detections },
  tokenizer,
  instructions,
}: EvaluateOptions): Promise<Pick<ExtractSidesOptions, 'texts' | 'detections' | 'sentences'>> {
  return {
    ...(await instructions?.()),
    ...(texts && tokenizer
      ? { texts: { tokenizer: await tokenizer.read(), pass: texts.pass, ...(texts.length === undefined ? {} : { length: texts.length }) } }
      : {}),
    ...(detections === undefined ? {} : { detections: await readDetections(detections) }),
  };
}

/** The beginning of the ranking of every judged query, where ranked lists were asked for. */
async function allRankings(
  { protocol, lists, product, dataset }: EvaluateOptions,
  { perQuery: { averagePrecision } }: RetrievalResult,
  judged: Judged,
  sides: Sides,
): Promise<{ rankings?: HostTensors }> {
  if (!lists) return {};
  const queries = Array.from(averagePrecision.keys()).filter((query) => averagePrecision[query]! >= 0);
  const ranked = await protocol.rank(judged.query, judged.gallery, judged.scorer, { queries, length: lists.length, product });
  const rankings = rankingTensors(ranked, sides, lists.length, { dataset, splits: protocol.splits });
  return rankings ? { rankings } : {};
}

/** Extracts query and gallery descriptors, re-ranks where asked to, and judges by the recipe's protocol. Throws what its parts throw. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluated> {
  const { evaluation, protocol, scorer, rerankers = [], workers = defaultWorkers(), product, signal } = options;
  const { model, tensors, dataset, makeProgram, plugins, onError, onProgress, features } = options;
  if (features !== undefined && rerankers.length > 0) {
    throw new ReidError(
      'INVALID_ARGUMENT',
      `Re-ranking (${rerankers.map(({ name }) => name).join(', ')}) needs the whole gallery in memory, not in files.`,
      {
        hint: 'leave the folder of features out, or "rerank" empty.',
      },
    );
  }
  const start = performance.now();
  const sides = await extractSides({
    model, tensors, dataset, makeProgram, workers, splits: protocol.splits,
    outputs: [...new Set([...scorer.reads, ...rerankers.flatMap(({ reads = [] }) => reads)])],
    transforms: evaluation.transforms, batchSize: evaluation.batchSize, flip: evaluation.flip,
    ...(await readFurther(options)), ...(features === undefined ? {} : { features }),
    ...(plugins ? { plugins } : {}), ...(onError ? { onError } : {}), ...(signal ? { signal } : {}), ...(onProgress ? { onProgress } : {}),
  }); // prettier-ignore
  const judged = await reranked(options, sides);
  const blocks = sides.gallery.parts ? { blockBytes: STREAMED_BLOCK } : {};
  const result = await protocol.evaluate(judged.query, judged.gallery, judged.scorer, {
    product,
    ...blocks,
    ...(signal ? { signal } : {}),
  });
  const { averagePrecision, inverseNegativePenalty, firstMatch } = result.perQuery;
  return {
    summary: summaryOf(options, result),
    perQuery: {
      averagePrecision: [...averagePrecision],
      inverseNegativePenalty: [...inverseNegativePenalty],
      firstMatch: [...firstMatch],
    },
    cmc: result.cmc,
    notes: [...result.notes, ...sides.notes, ...rerankers.map(inWords)],
    lists: await rankedLists(options, result, judged, sides),
    ...(await allRankings(options, result, judged, sides)),
    skipped: sides.query.skipped + sides.gallery.skipped,
    seconds: (performance.now() - start) / 1000,
  };
}

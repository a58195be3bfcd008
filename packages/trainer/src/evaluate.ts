import type { CropRecord, Dataset, HostTensors, MakeProgram, MatrixProduct, Model, Protocol, RankedQuery, RetrievalResult, Scorer } from '@reidkit/core-tensor'; // prettier-ignore
import { pickQueries, summarize, type RetrievalSummary } from '@reidkit/eval';
import { defaultWorkers, type Extracted, extract } from './extract.ts';
import type { Recipe } from '@reidkit/core-tensor';
import { cropsOf } from './run-data.ts';

/** What {@link evaluate} works on. */
export interface EvaluateOptions {
  readonly evaluation: Recipe['evaluation'];
  readonly model: Model;
  readonly protocol: Protocol;
  readonly scorer: Scorer;
  /** Parameters and buffers by path. */
  readonly tensors: HostTensors;
  readonly dataset: Dataset;
  readonly makeProgram: MakeProgram;
  readonly product: MatrixProduct;
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
  readonly query: CropRecord;
  /** In [0, 1]. */
  readonly averagePrecision: number;
  readonly ranking: readonly { readonly item: CropRecord; readonly distance: number; readonly match: boolean }[];
}

/** What an evaluation gives. */
export interface Evaluation {
  readonly summary: RetrievalSummary;
  /** The whole cumulative matching curve, from rank 1. */
  readonly cmc: readonly number[];
  readonly notes: readonly string[];
  readonly lists: { readonly best: readonly RankedList[]; readonly worst: readonly RankedList[]; readonly random: readonly RankedList[] };
  /** Images that could not be read, where that was allowed. */
  readonly skipped: number;
  readonly seconds: number;
}

async function rankedLists(
  { protocol, scorer, lists, product }: EvaluateOptions,
  result: RetrievalResult,
  query: Extracted,
  gallery: Extracted,
): Promise<Evaluation['lists']> {
  if (!lists) return { best: [], worst: [], random: [] };
  const picked = pickQueries(result, lists);
  const named = ({ query: at, averagePrecision, ranking }: RankedQuery): RankedList => ({
    query: query.records[at]!,
    averagePrecision,
    ranking: ranking.map(({ gallery: place, distance, match }) => ({ item: gallery.records[place]!, distance, match })),
  });
  const list = async (queries: readonly number[]): Promise<RankedList[]> =>
    queries.length === 0 ? [] : (await protocol.rank(query, gallery, scorer, { queries, length: lists.length, product })).map(named);
  return { best: await list(picked.best), worst: await list(picked.worst), random: await list(picked.random) };
}

/** Extracts query and gallery descriptors and judges their rankings by the recipe's protocol. Throws what loader and protocol throw. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const {
    evaluation,
    model,
    protocol,
    scorer,
    tensors,
    dataset,
    makeProgram,
    workers = defaultWorkers(),
    plugins,
    onError,
    onProgress,
    signal,
    product,
  } = options;
  const start = performance.now();
  const side = (split: string): Promise<Extracted> =>
    extract({
      model, tensors, makeProgram, workers, root: dataset.root, records: cropsOf(dataset, split), outputs: scorer.reads,
      transforms: evaluation.transforms, batchSize: evaluation.batchSize, flip: evaluation.flip,
      ...(plugins ? { plugins } : {}), ...(onError ? { onError } : {}), ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress: (done: number, total: number) => onProgress(split, done, total) } : {}),
    }); // prettier-ignore
  const query = await side(protocol.splits.query);
  const gallery = await side(protocol.splits.gallery);
  const result = await protocol.evaluate(query, gallery, scorer, { product, ...(signal ? { signal } : {}) });
  return {
    summary: summarize(result),
    cmc: result.cmc,
    notes: result.notes,
    lists: await rankedLists(options, result, query, gallery),
    skipped: query.skipped + gallery.skipped,
    seconds: (performance.now() - start) / 1000,
  };
}

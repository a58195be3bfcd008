import {
  Random,
  ReidError,
  resolvePlugin,
  type Batch,
  type CropRecord,
  type Node,
  type PictureSize,
  type ReidRecord,
  type Sampler,
  type SamplingTable,
} from '@reidkit/core-tensor/base';
import type { ImageDecoderOptions } from '../image/image-decoder.ts';
import { createLabelMap, type LabelMap } from '../label-map.ts';
import { assembleBatch, domainOf, type RecordNumbers } from './assemble-batch.ts';
import { createInlineExecutor } from './batch-executor.ts';
import { buildPipeline } from './batch-maker.ts';
import type { BatchItem, BatchSettings, BatchTask, LoaderFields } from './batch-task.ts';
import { BatchWindow } from './batch-window.ts';
import { createWorkerPool } from './worker-pool.ts';

/** What a loader is made of. */
export interface LoaderOptions {
  /** Absolute path that the records' files are relative to. */
  readonly root: string;
  /** One split; crops only. */
  readonly records: readonly ReidRecord[];
  readonly sampler: Sampler;
  /** Transforms as nodes, because each thread builds its own. */
  readonly transforms: readonly Node[];
  readonly seed: number;
  /** Labels of the training identities; without them every label is −1. */
  readonly labels?: LabelMap;
  /** Labels of the training outfits; without them a batch has no clothes labels. */
  readonly clothes?: LabelMap;
  /** Names of sources in the order of their numbers; by default those of the records, sorted. */
  readonly domains?: readonly string[];
  /** Threads that read and decode; 0 works in the calling thread. */
  readonly workers?: number;
  /** Batches made ahead, per worker: with the one in use, the most that are ever in memory. */
  readonly prefetch?: number;
  readonly fields?: LoaderFields;
  /** Plugins with further transforms: names of packages, paths or URLs. */
  readonly plugins?: readonly string[];
  readonly decoder?: ImageDecoderOptions;
  /** `stop`: a file that cannot be read ends the epoch with an error; `skip`: its place is marked invalid and counted. */
  readonly onError?: 'stop' | 'skip';
}

/** Gives the batches of epochs, decoded ahead in other threads. The same seed gives the same batches, whatever the number of workers. */
export interface Loader {
  readonly batchSize: number;
  /** Size of the images in a batch, in pixels. */
  readonly size: PictureSize;
  /** Number of batches of an epoch. */
  batchCount(epoch: number): number;
  /** The batches of an epoch, in order, from one of them on. Rejects with the first error in that order. */
  epoch(epoch: number, fromBatch?: number): AsyncGenerator<Batch, void, void>;
  /**
   * Takes back the memory of a batch that nobody needs any more: its images must not be looked at after this. Saves the time of getting and
   * clearing tens of megabytes per batch.
   */
  recycle(batch: Batch): void;
  /** Most batches that were ever held ready or being made at once. */
  readonly mostHeld: number;
  /** Ends the threads. */
  close(): Promise<void>;
}

function cropsOf(records: readonly ReidRecord[]): readonly CropRecord[] {
  if (records.length === 0) throw new ReidError('DATASET_INVALID', 'The loader got no records.', { hint: 'is this the split you meant?' });
  const other = records.findIndex(({ form }) => form !== 'crop');
  if (other < 0) return records as readonly CropRecord[];
  throw new ReidError('DATASET_INVALID', `The loader reads records of form "crop"; record ${other} is of form "${records[other]!.form}".`);
}

function checkCount(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least && value <= 1024) return;
  throw new ReidError('INVALID_ARGUMENT', `The loader's ${name} is a whole number from ${least} to 1024, got ${value}.`);
}

function domainNames(records: readonly CropRecord[]): string[] {
  return [...new Set(records.flatMap(({ domain }) => domain ?? []))].sort();
}

function samplingTable(records: readonly CropRecord[], { labels, domains }: RecordNumbers): SamplingTable {
  return {
    labels: Int32Array.from(records, ({ identity }) => labels.labelOf(identity)),
    cameras: Int32Array.from(records, ({ camera }) => camera ?? -1),
    domains: Int32Array.from(records, (record) => domainOf(record, domains)),
  };
}

/** The tasks of an epoch. A record that comes again gets the number of times it came before. */
function planEpoch(epoch: number, batches: readonly Int32Array[], records: readonly CropRecord[]): BatchTask[] {
  const seen = new Map<number, number>();
  const item = (index: number): BatchItem => {
    const occurrence = seen.get(index) ?? 0;
    seen.set(index, occurrence + 1);
    return { index, occurrence, record: records[index]! };
  };
  return batches.map((indices, number) => ({ epoch, number, items: Array.from(indices, item) }));
}

/**
 * Makes a loader. Rejects with INVALID_OPTIONS for transforms that do not fit together, DATASET_INVALID for records it cannot load.
 *
 * @example
 * ```ts
 * import { createRegistry } from '@reidkit/core-tensor';
 * import { createLoader, datasetsPlugin, identityLabels } from '@reidkit/datasets';
 * async function firstShape(root: string): Promise<readonly number[]> {
 *   const registry = createRegistry(datasetsPlugin);
 *   const { splits } = await registry.build({ use: 'dataset/market1501', options: { root } }).read();
 *   const loader = await createLoader({
 *     root,
 *     records: splits.train!,
 *     labels: identityLabels(splits.train!),
 *     sampler: registry.build({ use: 'sampler/pk', options: { identities: 16, images: 4 } }),
 *     transforms: [
 *       { use: 'transform/resize', options: { height: 256, width: 128 } },
 *       { use: 'transform/flip' },
 *       { use: 'transform/normalize', options: { constants: 'half' } },
 *     ],
 *     seed: 1,
 *     workers: 2,
 *   });
 *   try {
 *     for await (const { tensors } of loader.epoch(0)) return tensors.images.shape;
 *     return [];
 *   } finally {
 *     await loader.close();
 *   }
 * }
 * ```
 */
export async function createLoader(options: LoaderOptions): Promise<Loader> {
  const { sampler, seed, workers = 0, prefetch = 2, fields = {} } = options;
  const records = cropsOf(options.records);
  checkCount('workers', workers, 0);
  checkCount('prefetch', prefetch, 1);
  // Names become files here, so that threads load the same ones.
  const plugins = await Promise.all((options.plugins ?? []).map((name) => resolvePlugin(name)));
  const { size } = await buildPipeline(options.transforms, plugins);
  const settings: BatchSettings = {
    root: options.root,
    seed,
    batchSize: sampler.batchSize,
    transforms: options.transforms,
    plugins,
    fields,
    decoder: options.decoder ?? {},
    onError: options.onError ?? 'stop',
  };
  const numbers: RecordNumbers = {
    labels: options.labels ?? createLabelMap([]),
    domains: options.domains ?? domainNames(records),
    ...(options.clothes ? { clothes: options.clothes } : {}),
  };
  const table = samplingTable(records, numbers);
  const batchesOf = (epoch: number): Int32Array[] => sampler.batches(table, Random.seed(seed).fork('sampler', epoch));
  const executor = workers > 0 ? createWorkerPool(settings, workers) : createInlineExecutor(settings);
  const window = new BatchWindow(executor, prefetch);
  return {
    batchSize: settings.batchSize,
    size,
    batchCount: (epoch) => batchesOf(epoch).length,
    async *epoch(epoch, fromBatch = 0) {
      const tasks = planEpoch(epoch, batchesOf(epoch), records).slice(fromBatch);
      for await (const { task, made } of window.run(tasks)) yield assembleBatch(task, made, settings, numbers);
    },
    recycle: ({ tensors }) => window.recycle(tensors.images.data),
    get mostHeld() {
      return window.mostHeld;
    },
    close: () => executor.close(),
  };
}

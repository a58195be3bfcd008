import {
  type CropRecord,
  hostTensor,
  type HostTensors,
  type Node,
  Random,
  type Registry,
  type Sampler,
  type Stream,
} from '@reidkit/core-tensor';
import { createLoader, type LoaderFields, sequential } from '@reidkit/datasets';
import type { BuiltRun } from './build-run.ts';
import { withFields } from './instruction-fields.ts';
import { partMaskField } from './part-mask-field.ts';
import type { RunData } from './run-data.ts';

/** One batch, and what gives its memory back. */
export interface SourceBatch {
  readonly tensors: HostTensors;
  /** Its arrays may be written over from now on. */
  release(): void;
}

/** Batches of one stream, from wherever. */
export interface BatchSource {
  /** Records in a full batch. */
  readonly batchSize: number;
  /** Number of batches of an epoch. */
  batchCount(epoch: number): number;
  /** The batches of an epoch, in order, from one of them on. */
  epoch(epoch: number, fromBatch?: number): AsyncIterable<SourceBatch>;
  /** Ends its threads. */
  close(): Promise<void>;
}

/** Where the batches of a run come from. */
export interface BatchSources {
  /** Batches to train on; without `withImages` no image is read, and the last batch of an epoch may be short. */
  training(stream: string, withImages: boolean): Promise<BatchSource>;
  /** Every record of a stream once, in order, transformed as for evaluation. */
  inOrder(stream: string, batchSize: number): AsyncIterable<HostTensors>;
  /** Ends the threads that {@link inOrder} keeps for the next time. */
  release(): Promise<void>;
}

/** What {@link fileSources} works on. */
export interface FileSourcesOptions {
  readonly built: Pick<BuiltRun, 'recipe' | 'samplers'>;
  readonly data: Pick<RunData, 'streams'>;
  readonly registry: Registry;
  /** Threads that read and decode images. */
  readonly workers: number;
  readonly onError: 'stop' | 'skip';
}

/** Facts of records as a batch carries them, without images. */
function factsOf(records: readonly CropRecord[], labelOf: (identity: number) => number, indices: Int32Array): HostTensors {
  const fact = (value: (record: CropRecord) => number): HostTensors[string] =>
    hostTensor(
      Int32Array.from(indices, (index) => value(records[index]!)),
      [indices.length],
      'int32',
    );
  return {
    index: hostTensor(Int32Array.from(indices), [indices.length], 'int32'),
    labels: fact(({ identity }) => labelOf(identity)),
    cameras: fact(({ camera }) => camera ?? -1),
    views: fact(({ view }) => view ?? -1),
    valid: hostTensor(new Uint8Array(indices.length).fill(1), [indices.length], 'bool'),
  };
}

/** Batches of facts alone: what stages on cached features need. */
function factSource(records: readonly CropRecord[], labelOf: (identity: number) => number, sampler: Sampler, seed: number): BatchSource {
  const table = {
    labels: Int32Array.from(records, ({ identity }) => labelOf(identity)),
    cameras: Int32Array.from(records, ({ camera }) => camera ?? -1),
  };
  const batchesOf = (epoch: number): Int32Array[] => sampler.batches(table, Random.seed(seed).fork('sampler', epoch));
  return {
    batchSize: sampler.batchSize,
    batchCount: (epoch) => batchesOf(epoch).length,
    async *epoch(epoch, fromBatch = 0) {
      for (const indices of batchesOf(epoch).slice(fromBatch)) {
        yield { tensors: factsOf(records, labelOf, indices), release: () => undefined };
      }
    },
    close: () => Promise.resolve(),
  };
}

/** A stream's fields as the loader takes them: without names that are not there. */
const loaderFields = ({ masks, partMasks, boxes }: Stream['fields']): LoaderFields => ({
  ...(masks ? { masks } : {}),
  ...(partMasks ? { partMasks: partMaskField(partMasks) } : {}),
  ...(boxes ? { boxes } : {}),
});

/** Batches of the image files that a recipe's streams name. */
export function fileSources({ built: { recipe, samplers }, data, registry, workers, onError }: FileSourcesOptions): BatchSources {
  const open = async (stream: string, sampler: Sampler, transforms: readonly Node[]): Promise<BatchSource> => {
    const { dataset, records, labels } = data.streams[stream]!;
    const loader = await createLoader({
      root: dataset.root, records, labels, transforms, sampler, workers, seed: recipe.seed, onError, plugins: recipe.plugins,
      fields: loaderFields(recipe.streams[stream]!.fields),
    }); // prettier-ignore
    return {
      batchSize: loader.batchSize,
      batchCount: (epoch) => loader.batchCount(epoch),
      async *epoch(epoch, fromBatch) {
        for await (const batch of loader.epoch(epoch, fromBatch)) {
          yield { tensors: batch.tensors as unknown as HostTensors, release: () => loader.recycle(batch) };
        }
      },
      close: () => loader.close(),
    };
  };
  const kept = new Map<string, BatchSource>();
  return {
    async training(stream, withImages) {
      const { dataset, records, labels } = data.streams[stream]!;
      const { transforms, fields } = recipe.streams[stream]!;
      const sampler = samplers[stream]!;
      const source = withImages
        ? await open(stream, sampler, transforms)
        : factSource(records, (identity) => labels.labelOf(identity), sampler, recipe.seed);
      const { seed, plugins } = recipe;
      return withFields(source, { fields, records, labels, registry, sampler, root: dataset.root, seed, workers, plugins, draws: true });
    },
    async *inOrder(stream, batchSize) {
      const key = `${stream} ${batchSize}`;
      const { transforms } = recipe.evaluation;
      const source = kept.get(key) ?? (await open(stream, sequential({ batchSize }), transforms));
      kept.set(key, source);
      for await (const { tensors, release } of source.epoch(0)) {
        yield tensors;
        release();
      }
    },
    async release() {
      const sources = [...kept.values()];
      kept.clear();
      await Promise.all(sources.map((source) => source.close()));
    },
  };
}

import {
  createRegistry,
  definePlugin,
  loadPlugins,
  Random,
  ReidError,
  SPEC_VERSION,
  type Node,
  type Sample,
  type SkippedImage,
  type Transform,
} from '@reidkit/core-tensor/base';
import { createImageDecoder } from '../image/image-decoder.ts';
import { SamplePipeline, type MovedSample } from '../pipeline/sample-pipeline.ts';
import type { BatchItem, BatchSettings, BatchTask, MadeBatch } from './batch-task.ts';
import { transformComponents } from '../transforms/transform-components.ts';
import { version } from '../version.ts';
import { BatchBuffers } from './batch-buffers.ts';
import { beforeCut } from './cut-sample.ts';
import { isSkippable, SampleReader } from './sample-reader.ts';

/** Files that libvips decodes in its own threads while one is being transformed. */
const READ_AHEAD = 4;

type Read = { readonly sample: Sample } | { readonly error: unknown };

/** Makes the pixels of batches: reads, decodes, transforms. A pure function of settings and task, wherever it runs. */
export class BatchMaker {
  readonly #settings: BatchSettings;
  readonly #pipeline: SamplePipeline;
  readonly #reader: SampleReader;

  constructor(settings: BatchSettings, pipeline: SamplePipeline, reader: SampleReader) {
    this.#settings = settings;
    this.#pipeline = pipeline;
    this.#reader = reader;
  }

  /** Rejects with the error of the first file in the batch that cannot be read, unless such files are skipped. */
  async make({ epoch, items, spare }: BatchTask): Promise<MadeBatch> {
    const { seed, batchSize, fields, onError } = this.#settings;
    const random = Random.seed(seed).fork('sample', epoch);
    const buffers = new BatchBuffers(batchSize, this.#pipeline.size, fields, spare);
    const skipped: SkippedImage[] = [];
    const reads: Promise<Read>[] = [];
    for (let place = 0; place < items.length; place++) {
      while (reads.length < Math.min(items.length, place + READ_AHEAD)) reads.push(this.#read(items[reads.length]!));
      const item = items[place]!;
      const read = await reads[place]!;
      reads[place] = NOTHING; // let go of the pixels
      if ('sample' in read) {
        const moved = this.#transform(read.sample, item, random.fork(item.index, item.occurrence), buffers.image(place));
        buffers.put(place, moved, read.sample);
      } else {
        if (onError === 'stop' || !isSkippable(read.error)) throw read.error;
        skipped.push({ index: item.index, file: item.record.file, reason: read.error.message.split('\n')[0]! });
      }
    }
    return buffers.finish(skipped);
  }

  async #read({ record }: BatchItem): Promise<Read> {
    try {
      return { sample: await this.#reader.read(record) };
    } catch (error) {
      return { error };
    }
  }

  #transform(sample: Sample, { record }: BatchItem, random: Random, out: Float32Array): MovedSample {
    try {
      const moved = this.#pipeline.run(sample, random, out);
      return record.cut ? { ...moved, toOriginal: beforeCut(moved.toOriginal, record.cut) } : moved;
    } catch (error) {
      if (ReidError.is(error)) throw new ReidError(error.code, `${record.file}: ${error.message}`, { cause: error });
      throw new Error(`${record.file}: a transform failed: ${(error as Error).message}`, { cause: error });
    }
  }
}

const NOTHING: Promise<Read> = Promise.resolve({ error: null });

/**
 * Builds a list of nodes with the built-in transforms and those of further plugins. Rejects with UNKNOWN_COMPONENT, INVALID_OPTIONS, or when
 * a plugin cannot be loaded.
 */
export async function buildPipeline(transforms: readonly Node[], plugins: readonly string[] = []): Promise<SamplePipeline> {
  const builtIn = definePlugin({ name: '@reidkit/datasets', version, specVersion: SPEC_VERSION, components: transformComponents });
  const registry = createRegistry(builtIn, ...(await loadPlugins(plugins)));
  return new SamplePipeline(transforms.map((node) => registry.use<Transform>(node)));
}

/** A maker for this thread. */
export async function createBatchMaker(settings: BatchSettings): Promise<BatchMaker> {
  const decoder = await createImageDecoder(settings.decoder);
  const pipeline = await buildPipeline(settings.transforms, settings.plugins);
  return new BatchMaker(settings, pipeline, new SampleReader(settings.root, decoder, settings.fields));
}

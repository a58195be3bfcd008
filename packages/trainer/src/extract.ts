import { availableParallelism } from 'node:os';
import {
  type Context, type CropRecord, type Descriptors, EVALUATION, hostTensor, type HostTensor, type HostTensors, type MakeProgram, type Model, mul, type Node,
  type Program, ReidError, type RetrievalFacts, type RetrievalSide, sizeOf, type Step, tensorReverse, type Tensors, type TextRecord, withParameters, add,
} from '@reidkit/core-tensor'; // prettier-ignore
import { createLoader, sequential } from '@reidkit/datasets';
import type { SentencesOf } from './instruction-fields.ts';
import { readOf } from './model-pass.ts';

/** Options of {@link inferenceStep}. */
export interface InferenceOptions {
  /** Outputs to give. */
  readonly outputs: readonly string[];
  /** Average each output with that of the mirror image. */
  readonly flip?: boolean;
}

/** The forward pass of a model as a step: parameters and buffers by path, the batch, and the named outputs. */
export function inferenceStep(model: Model, { outputs, flip = false }: InferenceOptions): Step {
  const forward = (batch: Tensors, ctx: Context): Tensors => model.forward(batch, ctx);
  return ({ parameters, batch }) =>
    withParameters(model, parameters, () => {
      const given = forward(batch, EVALUATION);
      const mirrored = flip ? forward({ ...batch, images: tensorReverse(batch.images!, 2) }, EVALUATION) : undefined;
      const pick = (name: string): Tensors[string] => (mirrored ? mul(add(given[name]!, mirrored[name]!), 0.5) : given[name]!);
      return { outputs: Object.fromEntries(outputs.map((name) => [name, pick(name)])) };
    });
}

/** Rows of several images or texts, collected as they come. */
export class Rows {
  readonly #parts = new Map<string, { row: readonly number[]; data: Float32Array }>();
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  /** Row `from` of the outputs becomes row `to`. */
  put(outputs: HostTensors, from: number, to: number): void {
    for (const [name, { shape, data }] of Object.entries(outputs)) {
      const row = shape.slice(1);
      const length = sizeOf(row);
      const held = this.#parts.get(name) ?? { row, data: new Float32Array(this.#count * length) };
      this.#parts.set(name, held);
      held.data.set((data as Float32Array).subarray(from * length, (from + 1) * length), to * length);
    }
  }

  /** The first `count` rows. */
  descriptors(count: number): Descriptors {
    const tensors = [...this.#parts].map(([name, { row, data }]): [string, HostTensor] => [
      name,
      hostTensor(data.subarray(0, count * sizeOf(row)), [count, ...row]),
    ]);
    return { count, tensors: Object.fromEntries(tensors) };
  }
}

/** Threads that read and decode images where nobody says how many: as many as processors, at most 4. */
export const defaultWorkers = (): number => Math.min(4, availableParallelism());

/** What {@link extract} works on. */
export interface ExtractOptions {
  readonly model: Model;
  /** Parameters and buffers by path. */
  readonly tensors: HostTensors;
  readonly makeProgram: MakeProgram;
  readonly outputs: readonly string[];
  readonly flip?: boolean;
  /** Float32 names of the batch whose rows are gathered beside the outputs, as `batch.NAME`. */
  readonly keep?: readonly string[];
  readonly root: string;
  readonly records: readonly CropRecord[];
  readonly transforms: readonly Node[];
  readonly plugins?: readonly string[];
  readonly batchSize: number;
  /** Threads that read and decode images. Default: {@link defaultWorkers}. */
  readonly workers?: number;
  /** What the model is told of each image. */
  readonly sentences?: SentencesOf;
  readonly onError?: 'stop' | 'skip';
  /** Called after every batch with images done and in all. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Descriptors of images or texts, with the facts that protocols need. */
export interface Extracted<Item extends CropRecord | TextRecord = CropRecord | TextRecord> extends RetrievalSide {
  /** The records behind the rows. */
  readonly records: readonly Item[];
  /** Images that could not be read, where that was allowed. */
  readonly skipped: number;
}

/** Throws SHAPE_MISMATCH for images of another size than the model takes: `[B, H, W, 3]`. */
export function checkImageSize({ imageSize: [height, width] }: Model, images: HostTensor): void {
  const [, h, w] = images.shape;
  if (h === height && w === width) return;
  throw new ReidError(
    'SHAPE_MISMATCH',
    `The model takes images of ${height} x ${width} pixels (height x width), the transforms give ${h} x ${w}.`,
    {
      hint: 'set height and width of transform/resize (in streams and in evaluation) and the imageSize of the encoder to the same.',
    },
  );
}

/** Throws INTERRUPTED when the signal says so. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ReidError('INTERRUPTED', 'Stopped on request.');
}

/** What protocols need to know of images. */
export function factsOf(records: readonly CropRecord[]): RetrievalFacts {
  const clothes = records.every((record) => record.clothes !== undefined);
  return {
    identities: Int32Array.from(records, ({ identity }) => identity),
    cameras: Int32Array.from(records, ({ camera }) => camera ?? -1),
    ...(clothes ? { clothes: Int32Array.from(records, (record) => record.clothes!) } : {}),
  };
}

/** Runs a model over images and gathers its outputs, one row per image in the order of the records. Throws what the loader throws. */
export async function extract(options: ExtractOptions): Promise<Extracted<CropRecord>> {
  const {
    model,
    tensors,
    makeProgram,
    outputs,
    flip = false,
    keep = [],
    root,
    records,
    transforms,
    plugins = [],
    batchSize,
    workers = defaultWorkers(),
  } = options;
  const program: Program = makeProgram(inferenceStep(model, { outputs, flip }), { parameters: tensors });
  const loader = await createLoader({
    root, records, transforms, plugins, workers, seed: 0, onError: options.onError ?? 'stop',
    sampler: sequential({ batchSize }),
  }); // prettier-ignore
  const told = options.sentences?.(records);
  const rows = new Rows(records.length);
  const kept: CropRecord[] = [];
  let skipped = 0;
  try {
    for await (const loaded of loader.epoch(0)) {
      const { tensors: batch, skipped: unread } = loaded;
      throwIfAborted(options.signal);
      const read = readOf({ ...(batch as unknown as HostTensors), ...told?.rows(batch.index.data) }, ['images', ...model.reads]);
      checkImageSize(model, read.images!);
      const report = await program.run({ batch: read });
      const beside = Object.fromEntries(keep.map((name) => [`batch.${name}`, (batch as unknown as HostTensors)[name]!]));
      batch.valid.data.forEach((isValid, at) => {
        if (!isValid) return;
        rows.put({ ...report.outputs, ...beside }, at, kept.length);
        kept.push(records[batch.index.data[at]!]!);
      });
      loader.recycle(loaded);
      skipped += unread.length;
      options.onProgress?.(kept.length + skipped, records.length);
    }
  } finally {
    program.dispose();
    await loader.close();
  }
  return { records: kept, skipped, descriptors: rows.descriptors(kept.length), facts: factsOf(kept) };
}

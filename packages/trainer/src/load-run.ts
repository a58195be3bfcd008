import { basename, dirname, resolve } from 'node:path';
import {
  type Backend, type CropRecord, type HostTensors, checkStateDict, type Model, readSafetensors, ReidError, type Registry, type Scorer, sizeOf,
} from '@reidkit/core-tensor'; // prettier-ignore
import { buildModel } from './build-run.ts';
import { type Extracted, extract } from './extract.ts';
import { runFolder } from './run-folder.ts';
import { readRunRecord, type RunRecord } from './run-record.ts';

/** What {@link loadRun} needs beside the folder. */
export interface LoadRunOptions {
  readonly registry: Registry;
  readonly backend: Backend;
}

/** Options of an embedding. */
export interface EmbedOptions {
  /** Camera of the images, from 0; models with camera vectors take their mean for an unknown one. Default: unknown. */
  readonly camera?: number;
  /** Threads that decode images. Default: 0, the calling thread. */
  readonly workers?: number;
  /** Called after every batch with images done and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A trained model with everything that it needs: its own image size, preprocessing and normalisation. */
export interface LoadedRun {
  readonly record: RunRecord;
  readonly model: Model;
  /** Parameters and buffers by path. */
  readonly tensors: HostTensors;
  /** The descriptor of an image file: what the recipe's scorer compares. Throws FILE_NOT_FOUND or IMAGE_UNREADABLE. */
  embed(file: string, options?: EmbedOptions): Promise<Float32Array>;
  /** Descriptors of many image files `[n, D]`, row after row. */
  embedAll(files: readonly string[], options?: EmbedOptions): Promise<Float32Array>;
}

/** The outputs that a scorer reads, side by side: `[n, width]`. */
function joined({ descriptors }: Extracted, scorer: Scorer): Float32Array {
  const parts = scorer.reads.map((name) => descriptors.tensors[name]!);
  const widths = parts.map(({ shape }) => sizeOf(shape.slice(1)));
  const width = widths.reduce((sum, each) => sum + each, 0);
  const data = new Float32Array(descriptors.count * width);
  for (let row = 0; row < descriptors.count; row++) {
    let at = row * width;
    parts.forEach((part, i) => {
      data.set((part.data as Float32Array).subarray(row * widths[i]!, (row + 1) * widths[i]!), at);
      at += widths[i]!;
    });
  }
  return data;
}

async function readModel(path: string, model: Model): Promise<HostTensors> {
  const { tensors } = await readSafetensors(path).catch((cause: unknown) => {
    const isMissing = ReidError.is(cause) && cause.code === 'FILE_NOT_FOUND';
    throw isMissing
      ? new ReidError('FILE_NOT_FOUND', `The run has no trained model yet ("${path}").`, {
          cause,
          hint: 'finish it with `reidkit train --resume`.',
        })
      : cause;
  });
  checkStateDict(model, tensors, { source: path });
  return tensors;
}

/**
 * Loads a trained run. Throws FILE_NOT_FOUND, FILE_INVALID, or CHECKPOINT_MISMATCH when the file is of another model.
 *
 * @example
 * ```ts
 * import { loadRun } from '@reidkit/trainer';
 * import type { LoadRunOptions } from '@reidkit/trainer';
 * async function descriptor(options: LoadRunOptions): Promise<Float32Array> {
 *   const run = await loadRun('runs/demo', options);
 *   return run.embed('person.jpg');
 * }
 * ```
 */
export async function loadRun(path: string, { registry, backend }: LoadRunOptions): Promise<LoadedRun> {
  const folder = runFolder(path);
  const record = await readRunRecord(folder);
  const { model, scorer, instructions } = buildModel(record.recipe, registry);
  const told = await instructions();
  const tensors = await readModel(folder.model, model);
  const { evaluation, plugins } = record.recipe;
  const run = async (files: readonly string[], { camera, workers = 0, onProgress }: EmbedOptions): Promise<Float32Array> => {
    const absolute = files.map((file) => resolve(file));
    const roots = new Set(absolute.map(dirname));
    const root = roots.size === 1 ? [...roots][0]! : '/';
    const records = absolute.map((file): CropRecord => ({
      form: 'crop', split: 'gallery', identity: 0, camera: camera ?? null, file: roots.size === 1 ? basename(file) : file,
    })); // prettier-ignore
    const extracted = await extract({
      ...told, model, tensors, plugins, workers, root, records, makeProgram: backend.makeProgram, outputs: scorer.reads, flip: evaluation.flip,
      transforms: evaluation.transforms, batchSize: Math.min(files.length, evaluation.batchSize), ...(onProgress ? { onProgress } : {}),
    }); // prettier-ignore
    return joined(extracted, scorer);
  };
  return {
    record,
    model,
    tensors,
    embed: (file, options = {}) => run([file], options),
    embedAll: async (files, options = {}) => (files.length === 0 ? new Float32Array(0) : await run(files, options)),
  };
}

import {
  type CropRecord, type HostTensor, hostTensor, type HostTensors, type Model, type PrepareSite, type Random, sizeOf,
} from '@reidkit/core-tensor'; // prettier-ignore
import { throwIfAborted } from './extract.ts';
import { readOf } from './model-pass.ts';
import type { PassPrograms } from './pass-programs.ts';

/** What {@link prepareSite} is made of. */
export interface PrepareSiteOptions {
  readonly model: Model;
  /** Parameters and buffers by path. */
  readonly tensors: HostTensors;
  /** Where passes are compiled; whoever made it frees it. */
  readonly programs: PassPrograms;
  readonly classes: number;
  readonly labels: Int32Array;
  readonly records: PrepareSite['records'];
  readonly artefact: PrepareSite['artefact'];
  readonly random: Random;
  /** Called after every batch. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Label of every record, −1 for none. */
export function labelsOf(records: readonly CropRecord[], labelOf: (identity: number) => number): Int32Array {
  return Int32Array.from(records, ({ identity }) => labelOf(identity));
}

/** The rows of a batch's output that belong to valid places. */
function validRows({ data, shape }: HostTensor, valid: HostTensor | undefined): Float32Array {
  const length = sizeOf(shape.slice(1));
  const all = data as Float32Array;
  if (!valid || valid.data.every((each) => each !== 0)) return all.slice();
  const kept = [...valid.data.keys()].filter((row) => valid.data[row] !== 0);
  const rows = new Float32Array(kept.length * length);
  kept.forEach((row, at) => rows.set(all.subarray(row * length, (row + 1) * length), at * length));
  return rows;
}

function joinRows(parts: readonly Float32Array[], row: readonly number[]): HostTensor {
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return hostTensor(joined, [joined.length / Math.max(1, sizeOf(row)), ...row]);
}

/** What preparations of a stage work on: the model as it is before the stage. */
export function prepareSite(options: PrepareSiteOptions): PrepareSite {
  const { model, tensors, programs, onProgress, signal, classes, labels, records, artefact, random } = options;
  const infer: PrepareSite['infer'] = async (name, outputs, batches, total = 0) => {
    const { pass, program } = programs.with(name, outputs, tensors);
    const parts = new Map<string, Float32Array[]>(outputs.map((output) => [output, []]));
    const rows = new Map<string, readonly number[]>();
    let done = 0;
    for await (const batch of batches) {
      throwIfAborted(signal);
      const report = await program.run({ batch: readOf(batch, pass.reads) });
      for (const [output, value] of Object.entries(report.outputs)) {
        parts.get(output)!.push(validRows(value, batch.valid));
        rows.set(output, value.shape.slice(1));
      }
      onProgress?.(++done, total);
    }
    return Object.fromEntries(outputs.map((output) => [output, joinRows(parts.get(output)!, rows.get(output) ?? [])]));
  };
  return { model, classes, labels, records, artefact, random, infer };
}

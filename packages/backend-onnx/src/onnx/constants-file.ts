import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReidError } from '@reidkit/core-tensor';
import type { OnnxGraph, OnnxValue } from './graph.ts';

/** Name of the file of constants; models refer to it. */
export const CONSTANTS_FILE = 'constants';

/** Where constants begin in the file beside a model, in bytes. */
export type ConstantPlaces = ReadonlyMap<OnnxValue, number>;

/** Constants in a file of their own. */
export interface ConstantsFile {
  readonly folder: string;
  readonly places: ConstantPlaces;
  /** Deletes the file; where the library still reads it and the system minds, when the process ends. */
  remove(): void;
}

/** Pages are mapped, on Windows 64 KB at a time. */
const ALIGNMENT = 65536;
/** Constants of fewer bytes stay in the model. */
const LEAST = 2 ** 20;

function removeFolder(folder: string): void {
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    remove();
  } catch {
    process.once('exit', remove);
  }
}

function writeWhole(file: number, { data }: OnnxValue, at: number): void {
  const bytes = new Uint8Array(data!.buffer, data!.byteOffset, data!.byteLength);
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, Math.min(bytes.length - done, 2 ** 30), at + done);
}

function writeAll(folder: string, constants: readonly OnnxValue[]): ConstantPlaces {
  const file = openSync(join(folder, CONSTANTS_FILE), 'wx', 0o600);
  try {
    const places = new Map<OnnxValue, number>();
    let at = 0;
    for (const value of constants) {
      writeWhole(file, value, at);
      places.set(value, at);
      at += Math.ceil(value.data!.byteLength / ALIGNMENT) * ALIGNMENT;
    }
    return places;
  } finally {
    closeSync(file);
  }
}

function saveFailed(bytes: number, cause: unknown): ReidError {
  const size = `${Math.ceil(bytes / 2 ** 20)} MB`;
  const reason = (cause as Error).message;
  return new ReidError('SAVE_FAILED', `The weights of a graph, ${size}, cannot be written to ${tmpdir()} (${reason}).`, {
    cause,
    hint: 'let TMPDIR name a folder with room for them; they are deleted once the graph is loaded.',
  });
}

/**
 * Writes the large constants of a graph to a file in a folder of its own, from which the library maps them: inside the model they would be
 * copied four times on the way. Nothing where they have fewer than `total` bytes together. Throws SAVE_FAILED.
 */
export function constantsFile(graph: OnnxGraph, total = 32 * 2 ** 20): ConstantsFile | undefined {
  const large = graph.usedConstants().filter(({ data }) => data!.byteLength >= LEAST);
  const bytes = large.reduce((sum, { data }) => sum + data!.byteLength, 0);
  if (large.length === 0 || bytes < total) return undefined;
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(tmpdir(), 'reidkit-'));
    const places = writeAll(folder, large);
    const made = folder;
    return { folder, places, remove: () => removeFolder(made) };
  } catch (cause) {
    if (folder) removeFolder(folder);
    throw saveFailed(bytes, cause);
  }
}

import { ReidError } from '../errors.ts';
import type { HostTensor, HostTensors } from '../host-tensor.ts';
import { didYouMean } from '../nearest-name.ts';
import { decodeElements, memoryType } from './element-type.ts';
import { openFileReader } from './file-reader.ts';
import {
  headerLength,
  parseSafetensorsHeader,
  refuseSafetensors,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from './safetensors-header.ts';

/** An open safetensors file: the header is read, tensors are read when asked for. */
export interface SafetensorsFile extends SafetensorsHeader {
  /** One tensor's numbers: floats become float32, whole numbers int32. Throws UNKNOWN_NAME, or FILE_INVALID for numbers beyond int32. */
  read(name: string): Promise<HostTensor>;
  /** One tensor's bytes as they stand in the file. Throws UNKNOWN_NAME. */
  readBytes(name: string): Promise<Uint8Array>;
  /** Closes the file. */
  close(): Promise<void>;
}

function toHost(name: string, entry: SafetensorsEntry, bytes: Uint8Array, source: string, isOwn = false): HostTensor {
  const data = decodeElements(entry.type, bytes, isOwn);
  if (!data) refuseSafetensors(source, 'out-of-range', `tensor "${name}" of ${entry.type} holds numbers beyond int32`);
  return { dtype: memoryType(entry.type), shape: entry.shape, data };
}

/**
 * Opens a safetensors file and checks its header against the file's size; tensors are read one by one, so that a file may be larger than
 * memory. Throws FILE_NOT_FOUND or FILE_INVALID.
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await openFileReader(path);
  try {
    const { size } = file;
    const first = await file.read(0, Math.min(8, size));
    const header = parseSafetensorsHeader(await file.read(8, headerLength(first, size, path)), size, path);
    const entryOf = (name: string): SafetensorsEntry => {
      const entry = header.entries.get(name);
      if (!entry) throw new ReidError('UNKNOWN_NAME', `${path} has no tensor "${name}".${didYouMean(name, header.entries.keys())}`);
      return entry;
    };
    const readBytes = async (name: string): Promise<Uint8Array> => {
      const { begin, end } = entryOf(name);
      return file.read(begin, end - begin);
    };
    return {
      ...header,
      readBytes,
      read: async (name) => toHost(name, entryOf(name), await readBytes(name), path, true),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** All tensors of a safetensors file, and its metadata. Throws FILE_NOT_FOUND or FILE_INVALID. */
export async function readSafetensors(
  path: string,
): Promise<{ readonly tensors: HostTensors; readonly metadata: Readonly<Record<string, string>> }> {
  const file = await openSafetensors(path);
  try {
    const tensors: [string, HostTensor][] = [];
    for (const name of file.entries.keys()) tensors.push([name, await file.read(name)]);
    return { tensors: Object.fromEntries(tensors), metadata: file.metadata };
  } finally {
    await file.close();
  }
}

/** As {@link readSafetensors}, from bytes in memory. Throws FILE_INVALID. */
export function decodeSafetensors(
  bytes: Uint8Array,
  source = 'The buffer',
): { readonly tensors: HostTensors; readonly metadata: Readonly<Record<string, string>> } {
  const length = headerLength(bytes.subarray(0, 8), bytes.byteLength, source);
  const { entries, metadata } = parseSafetensorsHeader(bytes.subarray(8, 8 + length), bytes.byteLength, source);
  const tensors = [...entries].map(([name, entry]) => [name, toHost(name, entry, bytes.subarray(entry.begin, entry.end), source)] as const);
  return { tensors: Object.fromEntries(tensors), metadata };
}

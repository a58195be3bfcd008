import type { FileHandle } from 'node:fs/promises';
import { ReidError } from '../errors.ts';
import { formatShape, sizeOf, type HostTensors } from '../host-tensor.ts';
import { encodeElements, ELEMENT_BYTES, type ElementType, findOverflow, type FloatStorage } from './element-type.ts';
import { writeAtomically } from './write-atomically.ts';

/** How tensors are written. */
export interface SafetensorsOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * Type that float32 tensors are stored in; numbers are rounded to the nearest, ties to even. F16 has 11 significant bits up to 65504,
   * BF16 has 8 bits and the range of float32; both take half the room. Default: F32.
   */
  readonly floats?: FloatStorage;
}

const STORED: Readonly<Record<string, ElementType>> = { float32: 'F32', int32: 'I32', bool: 'BOOL' };

/** How tensors are copied. */
export interface CopyOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Called after each tensor. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A tensor that is written when its turn comes. */
export interface TensorSource {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Its bytes, in rows, little-endian, in that type. */
  readonly readBytes: () => Promise<Uint8Array>;
}

type Described = readonly (readonly [name: string, tensor: Pick<TensorSource, 'type' | 'shape'>])[];

function header(tensors: Described, metadata: SafetensorsOptions['metadata']): Uint8Array {
  let at = 0;
  const entries = tensors.map(([name, { type, shape }]) => {
    const begin = at;
    at += sizeOf(shape) * ELEMENT_BYTES[type];
    return [name, { dtype: type, shape, data_offsets: [begin, at] }] as const;
  });
  const json = JSON.stringify(Object.fromEntries([...(metadata ? [['__metadata__', metadata] as const] : []), ...entries]));
  const text = new TextEncoder().encode(json);
  const padded = new Uint8Array(8 + Math.ceil(text.byteLength / 8) * 8).fill(0x20); // blanks, so that the data begin at a multiple of 8
  new DataView(padded.buffer).setBigUint64(0, BigInt(padded.byteLength - 8), true);
  padded.set(text, 8);
  return padded;
}

const described = (tensors: HostTensors, floats: FloatStorage = 'F32'): Described =>
  Object.entries(tensors).map(([name, { dtype, shape }]) => [name, { type: dtype === 'float32' ? floats : STORED[dtype]!, shape }]);

/** Infinities may be meant, as in masks; a number that would become one is a loss. Throws INVALID_ARGUMENT. */
function refuseOverflow(tensors: HostTensors, floats: FloatStorage = 'F32'): void {
  for (const [name, { dtype, data }] of Object.entries(tensors)) {
    const at = dtype === 'float32' ? findOverflow(data as Float32Array, floats) : -1;
    if (at < 0) continue;
    throw new ReidError('INVALID_ARGUMENT', `Tensor "${name}" holds ${data[at]} (element ${at}), which ${floats} cannot hold.`, {
      hint: floats === 'F16' ? 'write BF16, which has the range of float32, or F32.' : 'write F32.',
    });
  }
}

/** A safetensors file in memory; tensors in the order given. Throws INVALID_ARGUMENT for a number that `floats` cannot hold. */
export function encodeSafetensors(tensors: HostTensors, options: SafetensorsOptions = {}): Uint8Array {
  refuseOverflow(tensors, options.floats);
  const head = header(described(tensors, options.floats), options.metadata);
  const parts = Object.values(tensors).map(({ data }) => encodeElements(data, options.floats));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, head.byteLength));
  let at = 0;
  for (const part of [head, ...parts]) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/**
 * Writes a safetensors file, tensor by tensor, whole or not at all. Throws SAVE_FAILED, or INVALID_ARGUMENT for a number that `floats`
 * cannot hold.
 *
 * @example
 * ```ts
 * import { readSafetensors, writeSafetensors } from '@reidkit/core-tensor';
 * async function halve(from: string, to: string): Promise<void> {
 *   const { tensors, metadata } = await readSafetensors(from);
 *   await writeSafetensors(to, tensors, { metadata, floats: 'BF16' });
 * }
 * ```
 */
export async function writeSafetensors(path: string, tensors: HostTensors, options: SafetensorsOptions = {}): Promise<void> {
  refuseOverflow(tensors, options.floats);
  await writeAtomically(path, async (file) => {
    await file.writeFile(header(described(tensors, options.floats), options.metadata));
    for (const { data } of Object.values(tensors)) if (data.length > 0) await file.writeFile(encodeElements(data, options.floats));
  });
}

/**
 * Writes a safetensors file of tensors that are read when their turn comes, so that only one of them is in memory; whole or not at all. Throws
 * SAVE_FAILED, INVALID_ARGUMENT for bytes that do not fit a shape, and what reading throws.
 */
export async function copySafetensors(
  path: string,
  tensors: ReadonlyMap<string, TensorSource>,
  { metadata, onProgress }: CopyOptions = {},
): Promise<void> {
  let problem: unknown;
  const copy = async (file: FileHandle): Promise<void> => {
    await file.writeFile(header([...tensors], metadata));
    let done = 0;
    for (const [name, source] of tensors) {
      const bytes = await source.readBytes().catch((error: unknown) => {
        problem = error;
        throw error;
      });
      if (bytes.byteLength !== sizeOf(source.shape) * ELEMENT_BYTES[source.type]) {
        problem = new ReidError(
          'INVALID_ARGUMENT',
          `Tensor "${name}" of shape ${formatShape(source.shape)} came with ${bytes.byteLength} bytes.`,
        );
        throw problem;
      }
      if (bytes.byteLength > 0) await file.writeFile(bytes);
      onProgress?.(++done, tensors.size);
    }
  };
  await writeAtomically(path, copy).catch((error: unknown) => {
    throw problem ?? error;
  });
}

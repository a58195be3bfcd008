import { ReidError } from '../errors.ts';
import type { HostTensors } from '../host-tensor.ts';
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

function header(tensors: HostTensors, { metadata, floats = 'F32' }: SafetensorsOptions): Uint8Array {
  let at = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
    const type = dtype === 'float32' ? floats : STORED[dtype]!;
    const begin = at;
    at += data.length * ELEMENT_BYTES[type];
    return [name, { dtype: type, shape, data_offsets: [begin, at] }] as const;
  });
  const json = JSON.stringify(Object.fromEntries([...(metadata ? [['__metadata__', metadata] as const] : []), ...entries]));
  const text = new TextEncoder().encode(json);
  const padded = new Uint8Array(8 + Math.ceil(text.byteLength / 8) * 8).fill(0x20); // blanks, so that the data begin at a multiple of 8
  new DataView(padded.buffer).setBigUint64(0, BigInt(padded.byteLength - 8), true);
  padded.set(text, 8);
  return padded;
}

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
  const head = header(tensors, options);
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
    await file.writeFile(header(tensors, options));
    for (const { data } of Object.values(tensors)) if (data.length > 0) await file.writeFile(encodeElements(data, options.floats));
  });
}

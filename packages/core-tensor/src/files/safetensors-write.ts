import type { HostTensors } from '../host-tensor.ts';
import { encodeElements, ELEMENT_BYTES, type ElementType, type FloatStorage } from './element-type.ts';
import { writeAtomically } from './write-atomically.ts';

/** How tensors are written. */
export interface SafetensorsOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Type that float32 tensors are stored in. Default: F32. */
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

/** A safetensors file in memory; tensors in the order given. */
export function encodeSafetensors(tensors: HostTensors, options: SafetensorsOptions = {}): Uint8Array {
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

/** Writes a safetensors file, tensor by tensor, whole or not at all. Throws SAVE_FAILED. */
export async function writeSafetensors(path: string, tensors: HostTensors, options: SafetensorsOptions = {}): Promise<void> {
  await writeAtomically(path, async (file) => {
    await file.writeFile(header(tensors, options));
    for (const { data } of Object.values(tensors)) if (data.length > 0) await file.writeFile(encodeElements(data, options.floats));
  });
}

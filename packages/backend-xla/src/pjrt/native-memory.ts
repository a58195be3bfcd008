import { createRequire } from 'node:module';
import type koffi from 'koffi';
import { ReidError } from '@reidkit/core-tensor';

/** The library by which JavaScript calls C. */
export type Koffi = typeof koffi;

let loaded: Koffi | undefined;

/** koffi, loaded at the first call and not when this package is imported. Throws BACKEND_UNAVAILABLE where it has no build for the system. */
export function foreign(): Koffi {
  try {
    loaded ??= createRequire(import.meta.url)('koffi') as Koffi;
    return loaded;
  } catch (cause) {
    throw new ReidError('BACKEND_UNAVAILABLE', `koffi, which calls PJRT plugins, does not load: ${(cause as Error).message}`, {
      hint: 'npm install koffi; it has builds for Linux, macOS and Windows on x64 and arm64.',
      cause,
    });
  }
}

/** Memory outside JavaScript's heap, with an address that plugins can be told. */
export interface NativeMemory {
  readonly address: bigint;
  readonly bytes: Uint8Array;
  /** The same bytes as whole numbers of 64 bits. */
  readonly words: BigUint64Array;
  free(): void;
}

/** Most bytes that are set to zero: structs and lists, but no tensors. */
const MOST_ZEROED = 4096;

/** Memory of at least as many bytes, in whole words; little of it is zero, much of it is as it was found. */
export function nativeMemory(size: number): NativeMemory {
  const length = Math.max(8, Math.ceil(size / 8) * 8);
  const pointer: unknown = foreign().alloc('uint8_t', length);
  const view = foreign().view(pointer, length);
  const bytes = new Uint8Array(view);
  if (length <= MOST_ZEROED) bytes.fill(0);
  return {
    address: BigInt(foreign().address(pointer)),
    bytes,
    words: new BigUint64Array(view),
    free: () => foreign().free(pointer),
  };
}

/** A text, or bytes, with a zero behind it. */
export function nativeBytes(value: string | Uint8Array): NativeMemory & { readonly size: number } {
  const given = typeof value === 'string' ? Buffer.from(value) : value;
  const memory = nativeMemory(given.length + 1);
  memory.bytes.set(given);
  return { ...memory, size: given.length };
}

/** The bytes at an address, as they are there: copy what is kept. */
export const bytesAt = (address: bigint, size: bigint | number): Uint8Array =>
  Number(size) === 0 ? new Uint8Array(0) : new Uint8Array(foreign().view(address, Number(size)));

/** The text at an address. */
export const textAt = (address: bigint, size: bigint | number): string => Buffer.from(bytesAt(address, size)).toString();

import type { DataArrays, DataType } from '../host-tensor.ts';

/** Element types of tensor files, by safetensors' names. */
export type ElementType = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U64' | 'U32' | 'U16' | 'U8' | 'BOOL';

/** Bytes of one element. */
export const ELEMENT_BYTES: Readonly<Record<ElementType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

/** Which type in memory an element type becomes: floats float32, whole numbers int32, truth values bool. */
export function memoryType(type: ElementType): DataType {
  if (type === 'BOOL') return 'bool';
  return type.includes('F') ? 'float32' : 'int32';
}

const bits = new Uint32Array(1);
const real = new Float32Array(bits.buffer);

/** The number behind the 16 bits of an IEEE half. */
export function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The 16 bits of the IEEE half nearest to a number, ties to even; too large becomes infinite. */
export function toHalf(value: number): number {
  real[0] = value;
  const word = bits[0]!;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  // The last bit of numbers from 0.5 to 1 is worth 2⁻²⁴, as that of the smallest halves: the sum is rounded as they are.
  real[0] = Math.abs(real[0]!) + 0.5;
  return sign | (bits[0]! - 0x3f000000);
}

/** The 16 bits of the bfloat16 nearest to a number, ties to even. */
export function toBrainFloat(value: number): number {
  real[0] = value;
  const word = bits[0]!;
  if ((word & 0x7fffffff) > 0x7f800000) return (word >>> 16) | 0x40;
  return ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) & 0xffff;
}

/** The number behind the 16 bits of a bfloat16. */
export function fromBrainFloat(brain: number): number {
  bits[0] = brain << 16;
  return real[0]!;
}

type Reader = (view: DataView, at: number) => number;

const READERS: Readonly<Record<ElementType, Reader>> = {
  F64: (view, at) => view.getFloat64(at, true),
  F32: (view, at) => view.getFloat32(at, true),
  F16: (view, at) => fromHalf(view.getUint16(at, true)),
  BF16: (view, at) => fromBrainFloat(view.getUint16(at, true)),
  I64: (view, at) => Number(view.getBigInt64(at, true)),
  I32: (view, at) => view.getInt32(at, true),
  I16: (view, at) => view.getInt16(at, true),
  I8: (view, at) => view.getInt8(at),
  U64: (view, at) => Number(view.getBigUint64(at, true)),
  U32: (view, at) => view.getUint32(at, true),
  U16: (view, at) => view.getUint16(at, true),
  U8: (view, at) => view.getUint8(at),
  BOOL: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
};

/** One number of a file's bytes (little-endian) in full precision where JavaScript has it; 64-bit whole numbers beyond 2⁵³ lose digits. */
export function readElement(type: ElementType, view: DataView, index: number): number {
  return READERS[type](view, index * ELEMENT_BYTES[type]);
}

/** The float32 bits behind each of the 65,536 halves. */
let wideHalves: Uint32Array | undefined;

/** Numbers of halves and brain floats of which the bytes begin at an even address. */
function widen(type: 'F16' | 'BF16', bytes: Uint8Array): Float32Array {
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  const wide = new Uint32Array(halves.length);
  if (type === 'BF16') for (let i = 0; i < wide.length; i++) wide[i] = halves[i]! << 16;
  else {
    wideHalves ??= new Uint32Array(Float32Array.from({ length: 65536 }, (_, half) => fromHalf(half)).buffer);
    for (let i = 0; i < wide.length; i++) wide[i] = wideHalves[halves[i]!]!;
  }
  return new Float32Array(wide.buffer);
}

/**
 * Numbers of a file's bytes (little-endian) as they are held in memory; whole numbers that int32 cannot hold come back as `undefined`. Bytes
 * that are the caller's own (`isOwn`) may become the numbers' memory instead of being copied.
 */
export function decodeElements(type: ElementType, bytes: Uint8Array, isOwn = false): DataArrays[DataType] | undefined {
  const count = bytes.byteLength / ELEMENT_BYTES[type];
  const buffer = (): ArrayBufferLike => (isOwn && bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)).buffer;
  if (type === 'F32') return new Float32Array(buffer());
  if (type === 'I32') return new Int32Array(buffer());
  if (type === 'F16' || type === 'BF16') return widen(type, bytes.byteOffset % 2 === 0 ? bytes : new Uint8Array(bytes));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = READERS[type];
  const width = ELEMENT_BYTES[type];
  const memory = memoryType(type);
  const data = memory === 'float32' ? new Float32Array(count) : memory === 'int32' ? new Int32Array(count) : new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const value = read(view, i * width);
    data[i] = value;
    if (memory === 'int32' && data[i] !== value) return undefined;
  }
  return data;
}

/** Types that float32 numbers can be written in. */
export type FloatStorage = 'F32' | 'F16' | 'BF16';

/** From here on a finite number is nearer to infinity than to the largest of the type. */
const TOO_LARGE: Readonly<Record<FloatStorage, number>> = { F32: Infinity, F16: 65520, BF16: 2 ** 128 - 2 ** 119 };

/** Position of the first finite number that would become infinite in a type, −1 where there is none. */
export function findOverflow(data: Float32Array, storage: FloatStorage): number {
  const limit = TOO_LARGE[storage];
  for (let i = 0; i < data.length; i++) {
    const magnitude = Math.abs(data[i]!);
    if (magnitude >= limit && magnitude !== Infinity) return i;
  }
  return -1;
}

/** Bytes (little-endian) of numbers in memory; float32 numbers may be stored smaller. */
export function encodeElements(data: DataArrays[DataType], storage: FloatStorage = 'F32'): Uint8Array {
  if (!(data instanceof Float32Array) || storage === 'F32') return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const halves = new Uint16Array(data.length);
  const narrow = storage === 'F16' ? toHalf : toBrainFloat;
  for (let i = 0; i < data.length; i++) halves[i] = narrow(data[i]!);
  return new Uint8Array(halves.buffer);
}

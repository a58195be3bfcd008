/** Bytes of one number by storage type of a .mat file. */
export const TYPE_BYTES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8 };

/** Which bytes, and how they are stored. */
export interface StoredRun {
  readonly type: number;
  readonly start: number;
  readonly end: number;
  readonly isLittleEndian: boolean;
}

type ReadOne = (data: DataView, at: number, isLittleEndian: boolean) => number;

const READERS: Readonly<Record<number, ReadOne>> = {
  1: (data, at) => data.getInt8(at),
  2: (data, at) => data.getUint8(at),
  3: (data, at, little) => data.getInt16(at, little),
  4: (data, at, little) => data.getUint16(at, little),
  5: (data, at, little) => data.getInt32(at, little),
  6: (data, at, little) => data.getUint32(at, little),
  7: (data, at, little) => data.getFloat32(at, little),
  9: (data, at, little) => data.getFloat64(at, little),
  12: (data, at, little) => Number(data.getBigInt64(at, little)),
  13: (data, at, little) => Number(data.getBigUint64(at, little)),
};

const FIRST_64_BITS = 12;

/** The numbers of a run, whatever they are stored as; null when a whole number of 64 bits does not fit. */
export function readMatNumbers(data: DataView, { type, start, end, isLittleEndian }: StoredRun): Float64Array | null {
  const size = TYPE_BYTES[type]!;
  const read = READERS[type]!;
  const out = new Float64Array((end - start) / size);
  for (let i = 0; i < out.length; i++) out[i] = read(data, start + i * size, isLittleEndian);
  return type >= FIRST_64_BITS && !out.every(Number.isSafeInteger) ? null : out;
}

const UTF16 = 17;
const UTF32 = 18;

/** The characters of a run: UTF-8, or units of 1, 2 or 4 bytes. */
export function readMatUnits(data: DataView, { type, start, end, isLittleEndian }: StoredRun): string[] {
  const bytes = Buffer.from(data.buffer, data.byteOffset + start, end - start);
  if (type === 1 || type === 2) return [...bytes.toString('latin1')];
  if (type === UTF32) return units(end - start, 4, (at) => data.getUint32(start + at, isLittleEndian)).map(codePoint);
  if (type === UTF16 || type === 3 || type === 4) {
    return units(end - start, 2, (at) => data.getUint16(start + at, isLittleEndian)).map((unit) => String.fromCharCode(unit));
  }
  return [...bytes.toString('utf8')];
}

const units = (bytes: number, size: number, read: (at: number) => number): number[] =>
  Array.from({ length: Math.floor(bytes / size) }, (_, i) => read(i * size));

const codePoint = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd');

import { crc32, deflateRawSync } from 'node:zlib';

/** A tensor as a view of a storage, for {@link pickle}. */
export class FixtureTensor {
  readonly key: string;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  readonly count: number;
  readonly storage: string;

  constructor(key: string, shape: readonly number[], more: Partial<Pick<FixtureTensor, 'strides' | 'offset' | 'count' | 'storage'>> = {}) {
    this.key = key;
    this.shape = shape;
    this.strides = more.strides ?? shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    this.offset = more.offset ?? 0;
    this.count = more.count ?? shape.reduce((a, b) => a * b, 1);
    this.storage = more.storage ?? 'FloatStorage';
  }
}

/** Opcodes that are put into a pickle as they stand. */
export class Raw {
  readonly bytes: Buffer;

  constructor(...parts: readonly (string | number)[]) {
    this.bytes = Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part, 'latin1'))));
  }
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};
const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from('X'), u32(bytes.length), bytes]);
};

function number(value: number): Buffer {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) {
    const bytes = Buffer.alloc(5, 'J');
    bytes.writeInt32LE(value, 1);
    return bytes;
  }
  if (Number.isSafeInteger(value)) {
    const bytes = Buffer.alloc(10, 0x8a);
    bytes[1] = 8;
    bytes.writeBigInt64LE(BigInt(value), 2);
    return bytes;
  }
  const bytes = Buffer.alloc(9, 'G');
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

const sizes = (values: readonly number[]): Buffer => Buffer.concat([Buffer.from('('), ...values.map(number), Buffer.from('t')]);

function tensor({ key, shape, strides, offset, count, storage }: FixtureTensor): Buffer {
  return Buffer.concat([
    Buffer.from('ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\n'), Buffer.from(`${storage}\n`),
    text(key), text('cpu'), number(count), Buffer.from('tQ'), number(offset), sizes(shape), sizes(strides),
    Buffer.from('\x89ccollections\nOrderedDict\n)RtR', 'latin1'),
  ]); // prettier-ignore
}

/** A value as opcodes, without head and end. */
export function pickleBody(value: unknown): Buffer {
  if (value instanceof FixtureTensor) return tensor(value);
  if (value instanceof Raw) return value.bytes;
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number') return number(value);
  if (typeof value === 'boolean') return Buffer.of(value ? 0x88 : 0x89);
  if (Array.isArray(value)) return Buffer.concat([Buffer.from(']('), ...value.map(pickleBody), Buffer.from('e')]);
  if (value === null) return Buffer.from('N');
  const entries = value instanceof Map ? [...value] : Object.entries(value as object);
  return Buffer.concat([Buffer.from('}('), ...entries.flatMap(([key, item]) => [pickleBody(key), pickleBody(item)]), Buffer.from('u')]);
}

/** A pickle of protocol 2 as Python writes it. */
export const pickle = (value: unknown): Buffer => Buffer.concat([Buffer.of(0x80, 2), pickleBody(value), Buffer.from('.')]);

/** How a zip archive is written. */
export interface ZipFixture {
  readonly deflate?: boolean;
  /** Changes the numbers of an entry before they are written: sizes, checksum, method. */
  readonly change?: (entry: ZipNumbers) => ZipNumbers;
}

/** What stands in the head of a zip entry. */
export interface ZipNumbers {
  readonly name: string;
  readonly method: number;
  readonly checksum: number;
  readonly packed: number;
  readonly unpacked: number;
}

function head(entry: ZipNumbers, place?: number): Buffer {
  const name = Buffer.from(entry.name);
  const isCentral = place !== undefined;
  const bytes = Buffer.alloc(isCentral ? 46 : 30);
  const at = isCentral ? 2 : 0;
  bytes.writeUInt32LE(isCentral ? 0x02014b50 : 0x04034b50, 0);
  bytes.writeUInt16LE(20, 4 + at);
  bytes.writeUInt16LE(entry.method, 8 + at);
  bytes.writeUInt32LE(entry.checksum, 14 + at);
  bytes.writeUInt32LE(entry.packed, 18 + at);
  bytes.writeUInt32LE(entry.unpacked, 22 + at);
  bytes.writeUInt16LE(name.length, 26 + at);
  if (isCentral) bytes.writeUInt32LE(place, 42);
  return Buffer.concat([bytes, name]);
}

/** A zip archive of these entries. */
export function zip(
  entries: Readonly<Record<string, Uint8Array>>,
  { deflate = false, change = (entry) => entry }: ZipFixture = {},
): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, data] of Object.entries(entries)) {
    const packed = deflate ? deflateRawSync(data) : Buffer.from(data);
    const numbers = change({ name, method: deflate ? 8 : 0, checksum: crc32(data), packed: packed.length, unpacked: data.length });
    directory.push(head(numbers, at));
    const whole = Buffer.concat([head(numbers), packed]);
    parts.push(whole);
    at += whole.length;
  }
  const table = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(table.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, table, end]);
}

/** Numbers as bytes. */
export const floats = (...values: readonly number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);

/** A checkpoint as `torch.save` writes it. */
export function torchZip(
  value: unknown,
  storages: Readonly<Record<string, Uint8Array>>,
  options?: ZipFixture & { readonly isScript?: boolean },
): Buffer {
  const data = Object.fromEntries(Object.entries(storages).map(([key, bytes]) => [`archive/data/${key}`, bytes]));
  const constants = options?.isScript ? { 'archive/constants.pkl': pickle(null) } : {};
  return zip({ 'archive/data.pkl': pickle(value), 'archive/byteorder': Buffer.from('little'), ...data, ...constants }, options);
}

/** A checkpoint as `torch.save` wrote it before 1.6. */
export function torchLegacy(
  value: unknown,
  storages: Readonly<Record<string, { readonly count: number; readonly bytes: Uint8Array }>>,
): Buffer {
  const magic = new Raw(0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19);
  const info = { protocol_version: 1001, little_endian: true };
  const heads = [magic, 1001, info, value, Object.keys(storages)].map(pickle);
  const tails = Object.values(storages).map(({ count, bytes }) => {
    const length = Buffer.alloc(8);
    length.writeBigInt64LE(BigInt(count));
    return Buffer.concat([length, bytes]);
  });
  return Buffer.concat([...heads, ...tails]);
}

import { inflateSync } from 'node:zlib';
import type { Picture } from '@reidkit/core-tensor/base';
import type { ImageHeader } from './image-header.ts';

const SIGNATURE = 8;
const PALETTE = 3;

/** The compressed pixels of a PNG, its IDAT chunks put together; null when the file ends too early or is interlaced. */
function pixelData(bytes: Uint8Array): Buffer | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  const isInterlaced = bytes[28] !== 0;
  for (let at = SIGNATURE; at + 12 <= bytes.length && !isInterlaced;) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (at + 12 + length > bytes.length) return null;
    if (type === 'IDAT') parts.push(bytes.subarray(at + 8, at + 8 + length));
    if (type === 'IEND') return Buffer.concat(parts);
    at += 12 + length;
  }
  return null;
}

/** The filter of PNG that guesses from the left, upper and upper left byte. */
function paeth(left: number, up: number, upLeft: number): number {
  const toLeft = Math.abs(up - upLeft);
  const toUp = Math.abs(left - upLeft);
  const toUpLeft = Math.abs(left + up - 2 * upLeft);
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}

const FILTERS: readonly ((left: number, up: number, upLeft: number) => number)[] = [
  () => 0,
  (left) => left,
  (_left, up) => up,
  (left, up) => (left + up) >> 1,
  paeth,
];

/** Undoes the filters of rows of one byte per pixel or less; null for a filter that does not exist. */
function unfilter(data: Uint8Array, rowBytes: number, height: number): Uint8Array | null {
  const out = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++) {
    const guess = FILTERS[data[y * (rowBytes + 1)]!];
    if (!guess) return null;
    for (let x = 0; x < rowBytes; x++) {
      const at = y * rowBytes + x;
      const left = x > 0 ? out[at - 1]! : 0;
      const up = y > 0 ? out[at - rowBytes]! : 0;
      const upLeft = x > 0 && y > 0 ? out[at - rowBytes - 1]! : 0;
      out[at] = data[y * (rowBytes + 1) + 1 + x]! + guess(left, up, upLeft);
    }
  }
  return out;
}

/** Spreads pixels of 1, 2 or 4 bits over a byte each. */
function unpack(rows: Uint8Array, rowBytes: number, width: number, depth: number): Uint8Array {
  const perByte = 8 / depth;
  return Uint8Array.from({ length: (rows.length / rowBytes) * width }, (_, i) => {
    const x = i % width;
    const byte = rows[((i - x) / width) * rowBytes + Math.floor(x / perByte)]!;
    return (byte >> (8 - depth * ((x % perByte) + 1))) & (2 ** depth - 1);
  });
}

/**
 * The numbers in a PNG mask: grey values of 8 bits, or the entries of a palette as numbered, which a picture library would turn into
 * colours. Undefined for other PNG files and for damaged ones.
 */
export function decodePngMask(bytes: Uint8Array, { size, depth = 0, colourType }: ImageHeader): Picture | undefined {
  const isMask = colourType === PALETTE || (colourType === 0 && depth === 8);
  if (!isMask || !size) return undefined;
  const { width, height } = size;
  const rowBytes = Math.ceil((width * depth) / 8);
  const compressed = pixelData(bytes);
  if (!compressed) return undefined;
  try {
    const data = inflateSync(compressed, { maxOutputLength: (rowBytes + 1) * height });
    const rows = data.length === (rowBytes + 1) * height ? unfilter(data, rowBytes, height) : null;
    if (!rows) return undefined;
    return { width, height, channels: 1, data: depth === 8 ? rows : unpack(rows, rowBytes, width, depth) };
  } catch {
    return undefined; // whoever decodes next says what is wrong
  }
}

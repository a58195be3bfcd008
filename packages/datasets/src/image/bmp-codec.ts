import type { Picture } from '@reidkit/core-tensor/base';
import type { ImageHeader } from './image-header.ts';
import { unreadableImage } from './unreadable-image.ts';

const FILE_HEADER = 14;
const CHANNELS = 3;
const PALETTE_ENTRY = 4;
const UNCOMPRESSED = 0;

/** Writes the colour of a pixel of a row into the picture. */
type PixelReader = (row: number, x: number, into: Uint8Array, at: number) => void;

function directReader(bytes: Uint8Array, bytesPerPixel: number): PixelReader {
  return (row, x, into, at) => {
    const from = row + x * bytesPerPixel;
    [into[at], into[at + 1], into[at + 2]] = [bytes[from + 2]!, bytes[from + 1]!, bytes[from]!];
  };
}

function paletteReader(bytes: Uint8Array, palette: number, depth: number): PixelReader {
  const perByte = 8 / depth;
  const mask = (1 << depth) - 1;
  return (row, x, into, at) => {
    const shift = 8 - depth * ((x % perByte) + 1);
    const from = palette + ((bytes[row + Math.floor(x / perByte)]! >> shift) & mask) * PALETTE_ENTRY;
    [into[at], into[at + 1], into[at + 2]] = [bytes[from + 2]!, bytes[from + 1]!, bytes[from]!];
  };
}

/** Decodes an uncompressed BMP of 1, 4, 8, 24 or 32 bits to RGB, as RegDB and VIPeR have them; libvips reads none. Throws IMAGE_UNREADABLE. */
export function decodeBmp(bytes: Uint8Array, { size, depth = 0 }: ImageHeader, file: string): Picture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { width, height } = size!;
  const compression = view.getUint32(30, true);
  if (compression !== UNCOMPRESSED || ![1, 4, 8, 24, 32].includes(depth)) {
    throw unreadableImage(
      file,
      `it is a BMP of ${depth} bits with compression ${compression}; read are uncompressed ones of 1, 4, 8, 24 and 32 bits`,
    );
  }
  const pixels = view.getUint32(10, true);
  const stride = Math.ceil((width * depth) / 32) * 4;
  if (pixels + stride * height > bytes.length) {
    throw unreadableImage(file, `it is cut off: ${bytes.length} of ${pixels + stride * height} bytes are there`);
  }
  const palette = FILE_HEADER + view.getUint32(14, true);
  if (depth <= 8 && palette + PALETTE_ENTRY * 2 ** depth > bytes.length) throw unreadableImage(file, 'its palette is cut off');
  const read = depth > 8 ? directReader(bytes, depth / 8) : paletteReader(bytes, palette, depth);
  const isFromTop = view.getInt32(22, true) < 0;
  const data = new Uint8Array(width * height * CHANNELS);
  for (let y = 0; y < height; y++) {
    const row = pixels + stride * (isFromTop ? y : height - 1 - y);
    for (let x = 0; x < width; x++) read(row, x, data, (y * width + x) * CHANNELS);
  }
  return { width, height, channels: CHANNELS, data };
}

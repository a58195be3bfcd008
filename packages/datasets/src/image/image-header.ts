/** What the first bytes of an image file say, before anything is decoded. */
export interface ImageHeader {
  readonly format: 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'bmp';
  /** Known for JPEG, PNG and BMP. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Colour components of a JPEG. */
  readonly components?: number;
  /** Bits of one sample. */
  readonly depth?: number;
  /** PNG's colour type: 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA. */
  readonly colourType?: number;
  /** Whether a JPEG carries an EXIF block, which may ask for a rotation. */
  readonly hasExif?: boolean;
}

const startsWith = (bytes: Uint8Array, signature: readonly number[], at = 0): boolean =>
  signature.every((byte, index) => bytes[at + index] === byte);

const uint16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
const uint32 = (bytes: Uint8Array, at: number): number => uint16(bytes, at) * 65536 + uint16(bytes, at + 2);

/** Start-of-frame markers carry the size: C0 to CF but for C4 (tables), C8 (reserved) and CC (arithmetic tables). */
const isFrameMarker = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** Walks the marker segments up to the frame header; undefined when there is none. */
function jpegHeader(bytes: Uint8Array): ImageHeader | undefined {
  let hasExif = false;
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++; // fill byte
      continue;
    }
    if (isFrameMarker(marker)) {
      const size = { height: uint16(bytes, at + 5), width: uint16(bytes, at + 7) };
      return { format: 'jpeg', depth: bytes[at + 4]!, size, components: bytes[at + 9]!, hasExif };
    }
    if (marker === 0xe1 && startsWith(bytes, [0x45, 0x78, 0x69, 0x66], at + 4)) hasExif = true;
    at += 2 + Math.max(2, uint16(bytes, at + 2));
  }
  return undefined;
}

function pngHeader(bytes: Uint8Array): ImageHeader | undefined {
  if (bytes.length < 26) return undefined;
  return { format: 'png', size: { width: uint32(bytes, 16), height: uint32(bytes, 20) }, depth: bytes[24]!, colourType: bytes[25]! };
}

function bmpHeader(bytes: Uint8Array): ImageHeader | undefined {
  if (bytes.length < 54) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // A negative height means rows from the top.
  return {
    format: 'bmp',
    size: { width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)) },
    depth: view.getUint16(28, true),
  };
}

/** Reads the header of an image file by its content, whatever its name; undefined for anything but JPEG, PNG, WebP, GIF, TIFF and BMP. */
export function readImageHeader(bytes: Uint8Array): ImageHeader | undefined {
  if (startsWith(bytes, [0xff, 0xd8])) return jpegHeader(bytes);
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return pngHeader(bytes);
  if (startsWith(bytes, [0x52, 0x49, 0x46, 0x46]) && startsWith(bytes, [0x57, 0x45, 0x42, 0x50], 8)) return { format: 'webp' };
  if (startsWith(bytes, [0x47, 0x49, 0x46, 0x38])) return { format: 'gif' };
  if (startsWith(bytes, [0x49, 0x49, 0x2a, 0]) || startsWith(bytes, [0x4d, 0x4d, 0, 0x2a])) return { format: 'tiff' };
  if (startsWith(bytes, [0x42, 0x4d])) return bmpHeader(bytes);
  return undefined;
}

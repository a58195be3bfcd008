import { readFileSync, statSync } from 'node:fs';
import { ReidError, type Picture } from '@reidkit/core-tensor/base';
import { decodeBmp } from './bmp-codec.ts';
import { readImageHeader, type ImageHeader } from './image-header.ts';
import { DEFAULT_IMAGE_LIMITS, type ImageLimits } from './image-limits.ts';
import { createJpegCodec } from './jpeg-codec.ts';
import { decodePngMask } from './png-mask.ts';
import { decodeMaskWithSharp, decodeWithSharp } from './sharp-decoder.ts';
import { unreadableImage } from './unreadable-image.ts';

/** How images are decoded. */
export interface ImageDecoderOptions extends Partial<ImageLimits> {
  /** Whether a rotation asked for by EXIF is carried out. The field's loaders ignore it, and so is the default. */
  readonly orientation?: 'ignore' | 'apply';
}

/** Decodes image files to the bytes that Pillow's `convert('RGB')` gives. One decoder belongs to one thread. */
export interface ImageDecoder {
  /**
   * RGB pixels; at once for common JPEG files, else later. `file` is for messages. Throws or rejects with IMAGE_UNREADABLE, naming the file
   * and what is wrong with it.
   */
  decode(bytes: Uint8Array, file: string): Picture | Promise<Picture>;
  /** One channel, for masks: numbers as stored, those of a palette too. At once for common PNG files, else later. Fails as `decode` does. */
  decodeMask(bytes: Uint8Array, file: string): Picture | Promise<Picture>;
  /** The content of a file within the limits. Throws FILE_NOT_FOUND or IMAGE_UNREADABLE. */
  readBytes(path: string, file: string): Uint8Array;
}

/** Beyond this size libvips is the faster decoder: its threads and vector code outweigh its start. */
const SMALL_JPEG_PIXELS = 2_000_000;

function checkHeader(bytes: Uint8Array, file: string, { maxBytes, maxPixels }: ImageLimits): ImageHeader {
  if (bytes.length === 0) throw unreadableImage(file, 'it is empty');
  if (bytes.length > maxBytes) throw unreadableImage(file, `it has ${bytes.length} bytes, more than the limit of ${maxBytes}`);
  const header = readImageHeader(bytes);
  if (!header) {
    const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw unreadableImage(file, `it is no JPEG, PNG, WebP, GIF, TIFF or BMP file (it begins with the bytes ${start})`);
  }
  if (header.size) {
    const { width, height } = header.size;
    if (width < 1 || height < 1) throw unreadableImage(file, `its header gives a size of ${width} by ${height}`);
    if (width * height > maxPixels) throw unreadableImage(file, `${width} by ${height} pixels are more than the limit of ${maxPixels}`);
  }
  return header;
}

const isSmallJpeg = ({ format, size, components, depth }: ImageHeader): boolean =>
  format === 'jpeg' && depth === 8 && (components === 1 || components === 3) && size!.width * size!.height <= SMALL_JPEG_PIXELS;

/**
 * A decoder for this thread: common JPEG files go through libjpeg-turbo in WebAssembly, everything else through sharp.
 *
 * @example
 * ```ts
 * import { createImageDecoder } from '@reidkit/datasets';
 * const decoder = await createImageDecoder({ maxPixels: 10_000_000 });
 * console.assert(typeof decoder.decode === 'function');
 * ```
 */
export async function createImageDecoder(options: ImageDecoderOptions = {}): Promise<ImageDecoder> {
  const limits = { ...DEFAULT_IMAGE_LIMITS, ...options };
  const appliesOrientation = options.orientation === 'apply';
  const decodeJpeg = await createJpegCodec();
  return {
    decode(bytes, file) {
      const header = checkHeader(bytes, file, limits);
      if (header.format === 'bmp') return decodeBmp(bytes, header, file);
      const needsRotation = appliesOrientation && header.hasExif !== false;
      const picture = isSmallJpeg(header) && !needsRotation ? decodeJpeg(bytes) : undefined;
      return picture ?? decodeWithSharp(bytes, header, { file, maxPixels: limits.maxPixels, appliesOrientation });
    },
    decodeMask(bytes, file) {
      const header = checkHeader(bytes, file, limits);
      const picture = header.format === 'png' ? decodePngMask(bytes, header) : undefined;
      return picture ?? decodeMaskWithSharp(bytes, header, { file, maxPixels: limits.maxPixels, appliesOrientation });
    },
    readBytes(path, file) {
      const facts = statSync(path, { throwIfNoEntry: false });
      if (!facts) throw new ReidError('FILE_NOT_FOUND', `${file} is not there (looked for ${path}).`);
      if (!facts.isFile()) throw unreadableImage(file, 'it is not a plain file');
      if (facts.size > limits.maxBytes)
        throw unreadableImage(file, `it has ${facts.size} bytes, more than the limit of ${limits.maxBytes}`);
      try {
        return readFileSync(path);
      } catch (error) {
        throw unreadableImage(file, `the system says: ${(error as Error).message}`, error);
      }
    },
  };
}

import { createRequire } from 'node:module';
import type { Picture } from '@reidkit/core-tensor/base';

interface WasmJpegDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): { readonly width: number; readonly height: number; readonly componentCount: number };
}

type CodecFactory = () => Promise<{ readonly JPEGDecoder: new () => WasmJpegDecoder }>;

/** Decodes a JPEG to RGB; undefined for what it cannot take (CMYK, cut off, damaged). */
export type JpegCodec = (bytes: Uint8Array) => Picture | undefined;

function spreadGrey(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let i = 0; i < grey.length; i++) rgb.fill(grey[i]!, i * 3, i * 3 + 3);
  return rgb;
}

/**
 * libjpeg-turbo in WebAssembly: the same bits as Pillow's decoder, at a tenth of the cost of a pipeline of libvips for a person crop. Not
 * imported as a module, because the package has no types.
 */
export async function createJpegCodec(): Promise<JpegCodec> {
  const require = createRequire(import.meta.url);
  const factory = require('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs') as CodecFactory;
  const { JPEGDecoder } = await factory();
  const decoder = new JPEGDecoder();
  return (bytes) => {
    try {
      decoder.getEncodedBuffer(bytes.length).set(bytes);
      decoder.decode();
    } catch {
      return undefined; // it throws bare numbers; whoever decodes next says what is wrong
    }
    const { width, height, componentCount } = decoder.getFrameInfo();
    const pixels = decoder.getDecodedBuffer();
    return { width, height, channels: 3, data: componentCount === 1 ? spreadGrey(pixels) : pixels.slice() };
  };
}

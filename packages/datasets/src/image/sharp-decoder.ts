import type { Picture } from '@reidkit/core-tensor/base';
import type { Sharp, SharpOptions } from 'sharp';
import type { ImageHeader } from './image-header.ts';
import { unreadableImage } from './unreadable-image.ts';

/** What decoding one file needs to know beside its bytes. */
export interface SharpDecoding {
  readonly file: string;
  readonly maxPixels: number;
  readonly appliesOrientation: boolean;
}

/** Loaded at the first use: a job of common JPEG files never needs it. */
async function open(bytes: Uint8Array, { maxPixels, appliesOrientation }: SharpDecoding): Promise<Sharp> {
  const { default: sharp } = await import('sharp');
  // Damaged data are an error; colour profiles are ignored, as Pillow does.
  const options: SharpOptions = { failOn: 'error', limitInputPixels: maxPixels, sequentialRead: true, ignoreIcc: true };
  const image = sharp(bytes, options);
  return appliesOrientation ? image.autoOrient() : image;
}

/** Pillow's CMYK to RGB: `(255 − K) − round(C (255 − K) / 255)`. */
function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let from = 0, to = 0; from < cmyk.length; from += 4, to += 3) {
    const light = 255 - cmyk[from + 3]!;
    for (let c = 0; c < 3; c++) rgb[to + c] = light - Math.round((cmyk[from + c]! * light) / 255);
  }
  return rgb;
}

async function decodeCmyk(image: Sharp): Promise<Picture> {
  const { data, info } = await image.pipelineColourspace('cmyk').toColourspace('cmyk').raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: 3, data: cmykToRgb(data) };
}

/** Pillow clips 16-bit grey at 255 instead of dropping the low byte. */
async function decodeGrey16(image: Sharp): Promise<Picture> {
  const { data, info } = await image.toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true });
  const values = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  const rgb = new Uint8Array(info.width * info.height * 3);
  for (let i = 0; i < info.width * info.height; i++) rgb.fill(Math.min(255, values[i * info.channels]!), i * 3, i * 3 + 3);
  return { width: info.width, height: info.height, channels: 3, data: rgb };
}

async function decodeRgb(image: Sharp): Promise<Picture> {
  const { data, info } = await image.toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`expected 3 channels, got ${info.channels}`);
  return { width: info.width, height: info.height, channels: 3, data };
}

async function pixelForm(bytes: Uint8Array, header: ImageHeader, decoding: SharpDecoding): Promise<'cmyk' | 'grey16' | 'rgb'> {
  if (header.format === 'jpeg') return header.components === 4 ? 'cmyk' : 'rgb';
  if (header.format === 'png') return header.depth === 16 && header.colourType === 0 ? 'grey16' : 'rgb';
  const { space, channels, hasAlpha } = await (await open(bytes, decoding)).metadata();
  if (space === 'cmyk') return 'cmyk';
  return space === 'grey16' && channels === 1 && !hasAlpha ? 'grey16' : 'rgb';
}

const DECODERS = { cmyk: decodeCmyk, grey16: decodeGrey16, rgb: decodeRgb };

/** Decodes with libvips to what Pillow's `convert('RGB')` gives. Rejects with IMAGE_UNREADABLE. */
export async function decodeWithSharp(bytes: Uint8Array, header: ImageHeader, decoding: SharpDecoding): Promise<Picture> {
  try {
    const form = await pixelForm(bytes, header, decoding);
    return await DECODERS[form](await open(bytes, decoding));
  } catch (error) {
    throw unreadableImage(decoding.file, firstLine(error), error);
  }
}

/** Decodes one channel with the values as stored. Rejects with IMAGE_UNREADABLE; a palette is refused, since libvips loses its numbers. */
export async function decodeMaskWithSharp(bytes: Uint8Array, header: ImageHeader, decoding: SharpDecoding): Promise<Picture> {
  if (header.colourType === 3) throw unreadableImage(decoding.file, 'it is a mask with a palette whose pixels are damaged or interlaced');
  try {
    const image = (await open(bytes, decoding)).toColourspace('b-w').removeAlpha().extractChannel(0);
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, channels: 1, data };
  } catch (error) {
    throw unreadableImage(decoding.file, firstLine(error), error);
  }
}

const firstLine = (error: unknown): string => (error as Error).message.split('\n')[0]!.replace(/\.$/, '');

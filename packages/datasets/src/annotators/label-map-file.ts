import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ReidError, type AnnotationItem, type Picture } from '@reidkit/core-tensor/base';
import type { ImageDecoder } from '../image/image-decoder.ts';

/** The PNG of labels of an image, under the image's path in a folder; null without one. Throws DATASET_INVALID for one of another shape. */
export async function readLabelMap(
  folder: string,
  { file, width, height }: Pick<AnnotationItem, 'file' | 'width' | 'height'>,
  decoder: ImageDecoder,
): Promise<Picture | null> {
  const name = file.replace(/\.\w+$/, '.png');
  const path = join(folder, name);
  if (!existsSync(path)) return null;
  const picture = await decoder.decodeMask(decoder.readBytes(path, name), name);
  if (Math.abs(picture.width * height - picture.height * width) > Math.max(width, height)) {
    const sizes = `it is ${picture.height} by ${picture.width} (height by width), its image ${height} by ${width}`;
    throw new ReidError('DATASET_INVALID', `The map ${path} does not fit: ${sizes}.`);
  }
  return picture;
}

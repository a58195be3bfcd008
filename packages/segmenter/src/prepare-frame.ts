import { Random, type Picture, type PictureSize } from '@reidkit/core-tensor';
import { buildPipeline } from '@reidkit/datasets';

/** Mean and deviation of red, green and blue from 0 to 255 that SAM was trained with. */
export const SAM_COLOURS = { mean: [123.675, 116.28, 103.53], deviation: [58.395, 57.12, 57.375], scale: 255 } as const;

/** Resizes a picture with the bits of Pillow's bilinear filter and normalises it: `[height, width, 3]`. */
export async function normalizedFrame(picture: Picture, { width, height }: PictureSize): Promise<Float32Array> {
  const pipeline = await buildPipeline([
    { use: 'transform/resize', options: { width, height, filter: 'bilinear' } },
    { use: 'transform/normalize', options: SAM_COLOURS },
  ]);
  const floats = new Float32Array(height * width * 3);
  pipeline.run({ image: picture }, Random.seed(0), floats);
  return floats;
}

/** Puts a picture into the upper left corner of a square, with zeros beside and below it: `[height, width, 3] → [side, side, 3]`. */
export function padFrame(floats: Float32Array, { width, height }: PictureSize, side: number): Float32Array {
  const padded = new Float32Array(side * side * 3);
  for (let y = 0; y < height; y++) padded.set(floats.subarray(y * width * 3, (y + 1) * width * 3), y * side * 3);
  return padded;
}

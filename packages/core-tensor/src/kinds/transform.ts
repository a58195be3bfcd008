import type { RandomStream } from '../random.ts';
import type { Box } from './record.ts';

/** Decoded pixels: RGB or one channel, 8 bits each, row-major. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** What goes through geometric transforms together. */
export interface Sample {
  readonly image: Picture;
  /** Person mask or part numbers, the size of the image. */
  readonly masks?: Readonly<Record<string, Picture>>;
  readonly boxes?: Readonly<Record<string, Box>>;
}

/** Pixels as floats `[H, W, 3]`, after normalisation. */
export interface FloatImage {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** Kind `transform`, on 8-bit pictures: runs before normalisation, moves image, masks and boxes together. */
export interface PictureTransform {
  readonly stage: 'picture';
  apply(sample: Sample, draws: RandomStream): Sample;
}

/** Kind `transform`, on normalised floats: runs last, may change `image.data` in place. */
export interface FloatTransform {
  readonly stage: 'float';
  apply(image: FloatImage, draws: RandomStream): void;
}

/** Kind `transform`. */
export type Transform = PictureTransform | FloatTransform;

import type { RandomStream } from '../random.ts';
import type { Box } from './record.ts';

/** Width and height in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Decoded pixels: RGB or one channel, 8 bits each, row-major. */
export interface Picture extends PictureSize {
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** How pixels are interpolated: `bilinear` and `bicubic` average when they shrink (anti-aliasing), as Pillow does. */
export type ResizeFilter = 'nearest' | 'bilinear' | 'bicubic';

/** What goes through transforms together. */
export interface Sample {
  readonly image: Picture;
  /** Person mask or part numbers, one channel, the size of the image. */
  readonly masks?: Readonly<Record<string, Picture>>;
  /** Boxes in pixels of the image. */
  readonly boxes?: Readonly<Record<string, Box>>;
}

/**
 * One step of geometry. The loader carries it out on the image (fast), on masks (nearest) and on boxes, and keeps the map back to the
 * original, so that a transform that plans such steps can never move one of them without the others.
 */
export type GeometryStep =
  | { readonly step: 'resize'; readonly width: number; readonly height: number; readonly filter: ResizeFilter }
  | { readonly step: 'flip' }
  | {
      /** Cuts out a window that may reach past the edges, where `fill` (RGB, 0 to 255) shows; masks get 0 there. */
      readonly step: 'window';
      readonly left: number;
      readonly top: number;
      readonly width: number;
      readonly height: number;
      readonly fill: readonly [red: number, green: number, blue: number];
      /** Leaves masks and boxes where they are: what some published code does. The window must then be as large as the image. */
      readonly imageOnly?: boolean;
    };

/** Kind `transform`, geometry: plans steps from the size at hand. */
export interface GeometryTransform {
  readonly stage: 'geometry';
  /** The steps for an image of a size, in order. */
  plan(size: PictureSize, draws: RandomStream): readonly GeometryStep[];
}

/** Kind `transform`, on 8-bit pictures before normalisation. What moves pixels must move masks and boxes too. */
export interface PictureTransform {
  readonly stage: 'picture';
  /** The sample changed; what came in stays as it was. */
  apply(sample: Sample, draws: RandomStream): Sample;
}

/** Kind `transform`, from bytes to floats: `(byte / 255 · scale − mean) / deviation` for each of red, green and blue. */
export interface NormalizeTransform {
  readonly stage: 'normalize';
  readonly scale: number;
  readonly mean: readonly [red: number, green: number, blue: number];
  readonly deviation: readonly [red: number, green: number, blue: number];
}

/** Pixels as floats `[H, W, 3]`, after normalisation. */
export interface FloatImage extends PictureSize {
  readonly data: Float32Array;
}

/** Kind `transform`, on normalised floats: runs last, changes `image.data` in place. */
export interface FloatTransform {
  readonly stage: 'float';
  /** Changes the image in place. */
  apply(image: FloatImage, draws: RandomStream): void;
}

/** Kind `transform`. Geometry and picture transforms come first, in any order, then at most one normalisation, then float transforms. */
export type Transform = GeometryTransform | PictureTransform | NormalizeTransform | FloatTransform;

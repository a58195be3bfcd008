import type { Context } from '../context.ts';
import type { Module } from '../module.ts';
import type { Tensor } from '../tensor.ts';

/** What a decoder makes masks of; C is its width, h and w are the grid of the image. */
export interface DecodeCall {
  /** Vectors of the image `[B, C, h, w]`, or one image `[1, C, h, w]` for all rows of prompts. */
  readonly image: Tensor;
  /** Vectors of the places of the grid `[1, C, h, w]`. */
  readonly positions: Tensor;
  /** Tokens of what is asked for `[B, T, C]`; T may be 0. */
  readonly sparse: Tensor;
  /** Added to the image `[B, C, h, w]`. */
  readonly dense: Tensor;
}

/** What a decoder found for each row of prompts; M masks, of which the first is the one for prompts that leave no doubt. */
export interface DecodedMasks {
  /** Logits `[B, M, H, W]`, above 0 where the mask is. */
  readonly logits: Tensor;
  /** How well each mask is guessed to overlap the truth, `[B, M]`. */
  readonly quality: Tensor;
}

/** Kind `decoder`: from an image's vectors and prompts to masks. */
export interface MaskDecoder extends Module {
  /** Width of vectors and tokens, C. */
  readonly width: number;
  /** Number of masks of a row, M. */
  readonly masks: number;
  /** How many times finer masks are than the grid. */
  readonly scale: number;
  /** Image and prompts → masks. Throws SHAPE_MISMATCH. */
  forward(call: DecodeCall, ctx: Context): DecodedMasks;
}

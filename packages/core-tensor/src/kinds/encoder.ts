import type { Context } from '../context.ts';
import type { HostTensors } from '../host-tensor.ts';
import type { Module } from '../module.ts';
import type { Tensor, Tensors } from '../tensor.ts';

/** What an image encoder sees in a picture: one shape for ViT, CLIP, PASS, SAM and convolutional towers. */
export interface ImageTokens {
  /** The class token `[B, D]`, where the encoder has one. */
  readonly cls?: Tensor;
  /** Patches, rows first: `[B, N, D]` with N = grid height · grid width. */
  readonly patches: Tensor;
  readonly grid: readonly [height: number, width: number];
  /** Further tokens by name: `parts` of the encoder's own, `added` for the call's `extraTokens`; `[B, K, D]`. */
  readonly extra: Tensors;
  /**
   * All tokens in sequence (class, parts, added, patches; `[B, T, D]`) at other places, by name: `beforeLast` enters the last layer, `last`
   * leaves it, `postNorm` is after the final norm, `projected` after a projection; where the encoder has them.
   */
  readonly taps: Tensors;
}

/** What a caller may add to an encoder's work. An encoder refuses what it cannot do, by INVALID_ARGUMENT. */
export interface EncodeCall {
  /** Tokens that travel along between the class token and the patches, with their positions in them: `[B, K, D]` or `[1, K, D]`. */
  readonly extraTokens?: Tensor;
  /** Added to the attention scores of a layer, from that layer's input tokens: broadcasts to `[B, H, N, N]`. */
  readonly attentionBias?: (layer: number, tokens: Tensor) => Tensor | undefined;
  /** Tokens of another source that layers may attend to: `[B, M, E]`, mask `[B, M]`. */
  readonly side?: { readonly tokens: Tensor; readonly mask?: Tensor };
  /** Camera of each image `[B]` int32, for encoders with camera vectors; −1 takes the mean vector. */
  readonly cameras?: Tensor;
  /** View of each image `[B]` int32, likewise. */
  readonly views?: Tensor;
}

/** Kind `encoder`, for images. */
export interface ImageEncoder extends Module {
  /** Height and width in pixels that it is built for. */
  readonly imageSize: readonly [height: number, width: number];
  /** Width of its tokens, D. */
  readonly width: number;
  /** Facts of the batch that it wants in the call beside the images; what it does not name must not be passed. Default: none. */
  readonly reads?: readonly ('cameras' | 'views')[];
  /** `images [B, H, W, 3]` normalised → tokens. Throws SHAPE_MISMATCH for images of another size. */
  forward(images: Tensor, ctx: Context, call?: EncodeCall): ImageTokens;
  /**
   * Numbers of the same architecture from elsewhere (another image size, a classifier on top) as this encoder takes them: positions
   * resized, what it has no place for left out. Names stay; `loadStateDict` judges the rest.
   */
  adaptCheckpoint?(numbers: HostTensors): HostTensors;
}

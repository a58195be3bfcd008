import {
  Module,
  ReidError,
  add,
  concat,
  matMul,
  matchShape,
  normalInit,
  parameter,
  reshape,
  slice,
  zeros,
  type Context,
  type EncodeCall,
  type HostTensors,
  type ImageEncoder,
  type ImageTokens,
  type Parameter,
  type Tensor,
} from '@reidkit/core-tensor';
import { clipNumbers } from './clip-numbers.ts';
import type { ClipTransformer } from './clip-transformer.ts';
import type { Conv2d } from './conv2d.ts';
import type { PatchLayout } from './patch-layout.ts';
import { SideVectors, type SideFactName } from './side-vectors.ts';
import type { TokenMap } from './token-layer.ts';

/** Parts and numbers of a {@link ClipVisionTransformer}. */
export interface ClipVisionParts {
  /** Convolution without bias whose kernel is a patch. */
  readonly conv1: Conv2d;
  readonly layout: PatchLayout;
  readonly ln_pre: TokenMap;
  readonly transformer: ClipTransformer;
  readonly ln_post: TokenMap;
  /** Width of the tokens, D. */
  readonly width: number;
  /** Width of the space that images and texts share, E. */
  readonly projectedWidth: number;
  /** Number of tokens that every call adds and whose positions stand in `positional_embedding`. Default: 0. */
  readonly addedTokens?: number;
  /** Number of cameras and views that have a vector. Default: 0. */
  readonly cameras?: number;
  readonly views?: number;
  /** Factor of camera and view vectors. Default: 1. */
  readonly sideFactor?: number;
  /** Whether to give the tap `valueOnly`. Default: false. */
  readonly valueOnly?: boolean;
}

/**
 * CLIP's vision transformer under OpenAI's names, on any grid of patches. Camera and view vectors are added to the class token, in front of
 * its position, as CLIP-ReID does. Taps: `beforeFirst`, `beforeLast`, `last`, `postNorm` `[B, T, D]`, `projected` `[B, T, E]`, and where asked
 * for `valueOnly` `[B, T, E]`: the last layer's values alone, normed and projected, which say of each place what it shows.
 * @see Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021), section 2.4; Li et al., "CLIP-ReID"
 * (2023), section 3.4; Zhou et al., "Extract Free Dense Labels from CLIP" (2022), section 3.2, for `valueOnly`.
 */
export class ClipVisionTransformer extends Module implements ImageEncoder {
  readonly conv1: Conv2d;
  /** `[D]` */
  readonly class_embedding: Parameter;
  /** `[1 + added + N, D]`, the class token's first. */
  readonly positional_embedding: Parameter;
  /** `[rows, D]`, row camera · views + view. */
  readonly cv_embed: Parameter | undefined;
  readonly ln_pre: TokenMap;
  readonly transformer: ClipTransformer;
  readonly ln_post: TokenMap;
  /** `[D, E]` */
  readonly proj: Parameter;

  readonly imageSize: readonly [height: number, width: number];
  readonly width: number;
  readonly projectedWidth: number;
  /** Facts of the batch that pick vectors: `cameras`, `views`. */
  readonly reads: readonly SideFactName[];
  readonly #layout: PatchLayout;
  readonly #addedTokens: number;
  readonly #side: SideVectors;
  readonly #valueOnly: boolean;

  constructor(parts: ClipVisionParts) {
    super();
    const { layout, width, projectedWidth, addedTokens = 0, cameras = 0, views = 0, sideFactor = 1, valueOnly = false } = parts;
    const initialize = normalInit(width ** -0.5);
    this.#side = new SideVectors({ cameras, views, factor: sideFactor, shape: (rows) => [rows, width] });
    this.conv1 = parts.conv1;
    this.class_embedding = parameter([width], initialize);
    this.positional_embedding = parameter([1 + addedTokens + layout.count, width], initialize);
    this.cv_embed = this.#side.table;
    this.ln_pre = parts.ln_pre;
    this.transformer = parts.transformer;
    this.ln_post = parts.ln_post;
    this.proj = parameter([width, projectedWidth], initialize);
    this.imageSize = layout.imageSize;
    this.width = width;
    this.projectedWidth = projectedWidth;
    this.reads = this.#side.reads;
    this.#layout = layout;
    this.#addedTokens = addedTokens;
    this.#valueOnly = valueOnly;
  }

  /** Height and width in patches. */
  get grid(): readonly [height: number, width: number] {
    return this.#layout.grid;
  }

  /** `images [B, H, W, 3]` normalised → tokens. Throws SHAPE_MISMATCH for another size, INVALID_ARGUMENT for what it cannot do. */
  forward(images: Tensor, ctx: Context, call: EncodeCall = {}): ImageTokens {
    const { B } = matchShape('ClipVisionTransformer', images.shape, ['B', ...this.imageSize, 3]);
    this.#refuseImpossible(call);
    const added = call.extraTokens?.shape[1] ?? 0;
    const beforeFirst = this.ln_pre.forward(this.#embed(images, B, ctx, call), ctx);
    const { beforeLast, last } = this.transformer.forward(beforeFirst, ctx, { attentionBias: call.attentionBias, side: call.side });
    const postNorm = this.ln_post.forward(last, ctx);
    const cut = (from: number, count: number): Tensor => slice(postNorm, [0, from, 0], [B, count, this.width]);
    return {
      cls: reshape(cut(0, 1), [B, this.width]),
      patches: cut(1 + added, this.#layout.count),
      grid: this.grid,
      extra: added > 0 ? { added: cut(1, added) } : {},
      taps: {
        beforeFirst,
        beforeLast,
        last,
        postNorm,
        projected: this.#project(postNorm),
        ...(this.#valueOnly ? { valueOnly: this.#project(this.ln_post.forward(this.transformer.valueOnly(beforeLast, ctx), ctx)) } : {}),
      },
    };
  }

  /** What each patch shows, without its position: `images [B, H, W, 3] → [B, N, D]`. Throws SHAPE_MISMATCH for another size. */
  embedPatches(images: Tensor, ctx: Context): Tensor {
    matchShape('ClipVisionTransformer', images.shape, ['B', ...this.imageSize, 3]);
    return this.#layout.embed(images, this.conv1, ctx);
  }

  /** `[B, T, D] → [B, T, E]` */
  #project(tokens: Tensor): Tensor {
    const [batch, count] = tokens.shape as [number, number];
    return reshape(matMul(reshape(tokens, [batch * count, this.width]), this.proj.value), [batch, count, this.projectedWidth]);
  }

  /**
   * Numbers of CLIP for another image size, or of a whole CLIP (`visual.…`), as this encoder takes them: positions resized, rows of added
   * tokens made from the class token's, all of the text side left out.
   */
  adaptCheckpoint(numbers: HostTensors): HostTensors {
    return clipNumbers(numbers, 'visual', { positional_embedding: { grid: this.grid, added: this.#addedTokens } });
  }

  /**
   * Gives the table of camera and view vectors to the tree of another module, under the name of the field that takes it; the encoder goes on
   * using it and no longer names it. CLIP-ReID's checkpoints have it beside the encoder.
   */
  giveSideTable(): Parameter | undefined {
    Object.defineProperty(this, 'cv_embed', { value: undefined });
    return this.#side.table;
  }

  #refuseImpossible(call: EncodeCall): void {
    if (call.side && !this.transformer.usesSide) {
      throw new ReidError('INVALID_ARGUMENT', 'ClipVisionTransformer got side tokens, but none of its layers attends to any.', {
        hint: 'build it with layers that do.',
      });
    }
    const given = call.extraTokens?.shape[1] ?? 0;
    if (this.#addedTokens > 0 && given !== this.#addedTokens) {
      throw new ReidError(
        'INVALID_ARGUMENT',
        `ClipVisionTransformer has positions for ${this.#addedTokens} added tokens, and got ${given}.`,
        { hint: 'pass them as "extraTokens", or set the option "addedTokens" to their number.' },
      );
    }
    this.#side.refuseUnknown('ClipVisionTransformer', call);
  }

  /** Tokens with their positions, before the first norm: `[B, T, D]`. */
  #embed(images: Tensor, batch: number, ctx: Context, call: EncodeCall): Tensor {
    const positions = reshape(this.positional_embedding.value, [1, -1, this.width]);
    const positionsOf = (from: number, count: number): Tensor => slice(positions, [0, from, 0], [1, count, this.width]);
    const side = this.#side.of(call, batch, ctx);
    const own = reshape(this.class_embedding.value, [1, 1, this.width]);
    const cls = side ? add(own, reshape(side, [batch, 1, this.width])) : own;
    const { extraTokens } = call;
    const placed = extraTokens && this.#addedTokens > 0 ? add(extraTokens, positionsOf(1, this.#addedTokens)) : extraTokens;
    const patches = add(this.#layout.embed(images, this.conv1, ctx), positionsOf(1 + this.#addedTokens, this.#layout.count));
    const front = [add(cls, positionsOf(0, 1)), ...(placed ? [placed] : [])];
    // Adding zeros repeats a token for every image; its gradient is one sum, that of tile() is one slice per image.
    return concat([...front.map((token) => (token.shape[0] === batch ? token : add(token, zeros([batch, 1, 1])))), patches], 1);
  }
}

import {
  Module,
  ReidError,
  add,
  concat,
  matchShape,
  parameter,
  reshape,
  slice,
  truncatedNormalInit,
  zeros,
  type Context,
  type EncodeCall,
  type HostTensors,
  type ImageEncoder,
  type ImageTokens,
  type Parameter,
  type Tensor,
} from '@reidkit/core-tensor';
import type { PatchEmbed } from './patch-embed.ts';
import { resizePositions } from './resize-positions.ts';
import { runLayer } from './run-layer.ts';
import { SideVectors, type SideFactName } from './side-vectors.ts';
import type { TokenLayer, TokenMap } from './token-layer.ts';

/** Parts and numbers of a {@link VisionTransformer}. */
export interface VisionTransformerParts {
  readonly patch_embed: PatchEmbed;
  readonly blocks: readonly TokenLayer[];
  readonly norm: TokenMap;
  /** Width of the tokens, D. */
  readonly width: number;
  /** Number of part tokens beside the class token. With any, each of these tokens has a position vector under a name of its own (PASS). Default: 0. */
  readonly parts?: number;
  /** Number of cameras and views that have a vector. Default: 0. */
  readonly cameras?: number;
  readonly views?: number;
  /** Factor of camera and view vectors. Default: 1. */
  readonly sideFactor?: number;
  /** How positions of another image size are carried over. Default: `bilinear`. */
  readonly positionResize?: 'bilinear' | 'bicubic';
  /** Compute each layer again on the way back instead of keeping what it needs. Default: false. */
  readonly recompute?: boolean;
}

/** A token in front of the patches with its own position vector. */
interface PlacedToken {
  readonly token: Parameter;
  readonly position: Parameter;
}

const INITIAL = truncatedNormalInit(0.02);

/** Keys of a classifier that checkpoints of this architecture may carry on top. */
const CLASSIFIER = /^(head|fc|pre_logits)\./;

/**
 * Vision transformer under timm's names. The same class serves timm, TransReID (camera and view vectors `sie_embed` on every token),
 * PASS (part tokens) and ALBEF.
 * @see Dosovitskiy et al., "An Image is Worth 16x16 Words" (2021), Eq. 1-4; He et al., "TransReID" (2021), Eq. 3, for camera vectors.
 */
export class VisionTransformer extends Module implements ImageEncoder {
  /** `[1, 1, D]` */
  readonly cls_token: Parameter;
  /** `[1, 1 + N, D]`, the class token's first; `[1, N, D]` beside part tokens. */
  readonly pos_embed: Parameter;
  /** `[1, 1, D]`, beside part tokens. */
  readonly cls_pos: Parameter | undefined;
  /** `[cameras · views, 1, D]` */
  readonly sie_embed: Parameter | undefined;
  readonly patch_embed: PatchEmbed;
  readonly blocks: readonly TokenLayer[];
  readonly norm: TokenMap;

  readonly width: number;
  readonly imageSize: readonly [height: number, width: number];
  /** Facts of the batch that pick vectors: `cameras`, `views`. */
  readonly reads: readonly SideFactName[];
  readonly #parts: readonly PlacedToken[];
  readonly #side: SideVectors;
  readonly #positionResize: 'bilinear' | 'bicubic';
  readonly #recompute: boolean;

  constructor(parts: VisionTransformerParts) {
    super();
    const { patch_embed, blocks, norm, width, cameras = 0, views = 0, sideFactor = 1, positionResize = 'bilinear' } = parts;
    const one = (): Parameter => parameter([1, 1, width], INITIAL);
    const patches = patch_embed.grid[0] * patch_embed.grid[1];
    this.#parts = Array.from({ length: parts.parts ?? 0 }, () => ({ token: one(), position: one() }));
    const hasParts = this.#parts.length > 0;
    this.cls_token = one();
    this.pos_embed = parameter([1, hasParts ? patches : 1 + patches, width], INITIAL);
    this.cls_pos = hasParts ? one() : undefined;
    this.#side = new SideVectors({ cameras, views, factor: sideFactor, shape: (rows) => [rows, 1, width] });
    this.sie_embed = this.#side.table;
    this.patch_embed = patch_embed;
    this.blocks = blocks;
    this.norm = norm;
    this.width = width;
    this.imageSize = patch_embed.imageSize;
    this.reads = this.#side.reads;
    this.#positionResize = positionResize;
    this.#recompute = parts.recompute ?? false;
    // PASS numbers its part tokens in the names; these fields are what the tree of parameters sees.
    this.#parts.forEach(({ token, position }, i) => Object.assign(this, { [`part_token${i + 1}`]: token, [`part${i + 1}_pos`]: position }));
  }

  /** `images [B, H, W, 3]` normalised → tokens. Throws SHAPE_MISMATCH for another size, INVALID_ARGUMENT for what it cannot do. */
  forward(images: Tensor, ctx: Context, call: EncodeCall = {}): ImageTokens {
    const [height, width] = this.imageSize;
    const { B } = matchShape('VisionTransformer', images.shape, ['B', height, width, 3]);
    this.#refuseImpossible(call);
    const added = call.extraTokens?.shape[1] ?? 0;
    let x = this.#embed(images, B, ctx, call);
    let beforeLast = x;
    this.blocks.forEach((block, layer) => {
      beforeLast = x;
      x = runLayer(block, x, ctx, { again: this.#recompute, bias: call.attentionBias?.(layer, x), side: call.side });
    });
    const postNorm = this.norm.forward(x, ctx);
    const cut = (from: number, count: number): Tensor => slice(postNorm, [0, from, 0], [B, count, this.width]);
    const parts = this.#parts.length;
    const patches = this.patch_embed.grid[0] * this.patch_embed.grid[1];
    return {
      cls: reshape(cut(0, 1), [B, this.width]),
      patches: cut(1 + parts + added, patches),
      grid: this.patch_embed.grid,
      extra: { ...(parts > 0 ? { parts: cut(1, parts) } : {}), ...(added > 0 ? { added: cut(1 + parts, added) } : {}) },
      taps: { beforeLast, last: x, postNorm },
    };
  }

  /** Numbers of a vision transformer for another image size or with a classifier on top, as this one takes them. */
  adaptCheckpoint(numbers: HostTensors): HostTensors {
    const kept = Object.fromEntries(Object.entries(numbers).filter(([path]) => !CLASSIFIER.test(path)));
    const positions = kept.pos_embed;
    if (!positions || positions.shape[1] === this.pos_embed.shape[1]) return kept;
    const prefix = this.#parts.length > 0 ? 0 : 1;
    return { ...kept, pos_embed: resizePositions(positions, { prefix, to: this.patch_embed.grid, method: this.#positionResize }) };
  }

  #refuseImpossible(call: EncodeCall): void {
    if (call.side && !this.blocks.some((block) => block.usesSide)) {
      throw new ReidError('INVALID_ARGUMENT', 'VisionTransformer got side tokens, but none of its layers attends to any.', {
        hint: 'build it with layers that do.',
      });
    }
    this.#side.refuseUnknown('VisionTransformer', call);
  }

  /** Tokens with their positions, before the first layer: `[B, T, D]`. */
  #embed(images: Tensor, batch: number, ctx: Context, call: EncodeCall): Tensor {
    const patches = this.patch_embed.forward(images, ctx);
    const whole = this.pos_embed.value;
    const ownClass = this.cls_pos?.value;
    const classPosition = ownClass ?? slice(whole, [0, 0, 0], [1, 1, this.width]);
    const patchPositions = ownClass ? whole : slice(whole, [0, 1, 0], [1, patches.shape[1]!, this.width]);
    const front = [
      add(this.cls_token.value, classPosition),
      ...this.#parts.map(({ token, position }) => add(token.value, position.value)),
      ...(call.extraTokens ? [call.extraTokens] : []),
    ];
    // Adding zeros repeats a token for every image; its gradient is one sum, that of tile() is one slice per image.
    const repeated = front.map((token) => (token.shape[0] === batch ? token : add(token, zeros([batch, 1, 1]))));
    const tokens = concat([...repeated, add(patches, patchPositions)], 1);
    const vectors = this.#side.of(call, batch, ctx);
    return vectors ? add(tokens, reshape(vectors, [batch, 1, this.width])) : tokens;
  }
}

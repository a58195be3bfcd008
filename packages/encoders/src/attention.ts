import { Module, add, matchShape, type Context, type Tensor } from '@reidkit/core-tensor';
import { attendPacked } from './attend-packed.ts';
import type { LayerCall, TokenLayer, TokenMap } from './token-layer.ts';

/** Parts and numbers of an {@link Attention}. */
export interface AttentionParts {
  /** `[..., D] → [..., 3 D]`: queries, keys and values of all heads side by side. */
  readonly qkv: TokenMap;
  /** `[..., D] → [..., D]`, after the heads are joined. */
  readonly proj: TokenMap;
  /** Number of heads; divides D. */
  readonly heads: number;
  /** Factor of the scores. Default: (D / heads)^-0.5. */
  readonly scale?: number | undefined;
}

/** Self-attention with packed queries, keys and values, named as in timm. */
export class Attention extends Module implements TokenLayer {
  readonly qkv: TokenMap;
  readonly proj: TokenMap;
  /** Number of heads. */
  readonly heads: number;
  readonly #scale: number | undefined;

  constructor({ qkv, proj, heads, scale }: AttentionParts) {
    super();
    this.qkv = qkv;
    this.proj = proj;
    this.heads = heads;
    this.#scale = scale;
  }

  /** `[B, N, D] → [B, N, D]`. Throws SHAPE_MISMATCH when the heads do not divide D. */
  forward(x: Tensor, ctx: Context, { bias, addToHeads }: LayerCall = {}): Tensor {
    const { D } = matchShape('attention', x.shape, ['B', 'N', 'D']);
    const packed = this.qkv.forward(x, ctx);
    const attended = attendPacked(packed, { heads: this.heads, bias, scale: this.#scale });
    const scale = this.#scale ?? (D! / this.heads) ** -0.5;
    const added = addToHeads?.({ packed, scale, project: (tokens) => this.qkv.forward(tokens, ctx) });
    return this.proj.forward(added ? add(attended, added) : attended, ctx);
  }
}

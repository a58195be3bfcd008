import { Module, attention, matchShape, reshape, split, transpose, type Context, type Tensor } from '@reidkit/core-tensor';
import type { LayerCall, TokenMap } from './token-layer.ts';

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
export class Attention extends Module {
  readonly qkv: TokenMap;
  readonly proj: TokenMap;
  readonly #heads: number;
  readonly #scale: number | undefined;

  constructor({ qkv, proj, heads, scale }: AttentionParts) {
    super();
    this.qkv = qkv;
    this.proj = proj;
    this.#heads = heads;
    this.#scale = scale;
  }

  /** `[B, N, D] → [B, N, D]`. Throws SHAPE_MISMATCH when the heads do not divide D. */
  forward(x: Tensor, ctx: Context, { bias }: LayerCall = {}): Tensor {
    const { B, N, D } = matchShape('attention', x.shape, ['B', 'N', 'D']);
    const size = D / this.#heads;
    const packed = transpose(reshape(this.qkv.forward(x, ctx), [B, N, 3, this.#heads, size]), [2, 0, 3, 1, 4]);
    const [q, k, v] = split(packed, 3).map((part) => reshape(part, [B, this.#heads, N, size]));
    const options = { ...(bias ? { bias } : {}), ...(this.#scale === undefined ? {} : { scale: this.#scale }) };
    const attended = attention(q!, k!, v!, options);
    return this.proj.forward(reshape(transpose(attended, [0, 2, 1, 3]), [B, N, D]), ctx);
  }
}

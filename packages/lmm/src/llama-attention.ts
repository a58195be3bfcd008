import { Module, attention, reshape, transpose, type Context, type Tensor } from '@reidkit/core-tensor';
import type { TokenMap } from '@reidkit/encoders';
import { rotate, type RotaryAngles } from './rotary.ts';

/** Keys and values of a layer, each `[B, K, N, d]` of K groups of heads. */
export interface KeysAndValues {
  /** After the rotation. */
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** What a layer is told beside its tokens. */
export interface LlamaLayerCall {
  readonly angles: RotaryAngles;
  /** Added to the scores: `[B, 1, G N, M]` for G heads that share keys, −∞ forbids. */
  readonly bias: Tensor;
  /** Puts a layer's new keys and values beside older ones and gives all that is attended to, `[B, K, M, d]`. Default: the new ones alone. */
  readonly remember?: ((fresh: KeysAndValues) => KeysAndValues) | undefined;
}

/** Parts and numbers of a {@link LlamaAttention}. */
export interface LlamaAttentionParts {
  /** `[..., D] → [..., H d]` */
  readonly q_proj: TokenMap;
  /** `[..., D] → [..., K d]` */
  readonly k_proj: TokenMap;
  /** `[..., D] → [..., K d]` */
  readonly v_proj: TokenMap;
  /** `[..., H d] → [..., D]` */
  readonly o_proj: TokenMap;
  /** Number of heads, H. */
  readonly heads: number;
  /** Number of groups of heads that share keys and values, K. */
  readonly groups: number;
  /** Width of a head, d. */
  readonly size: number;
}

/**
 * Attention of rotated queries to rotated keys, which groups of heads share.
 * @see Ainslie et al., "GQA: Training Generalized Multi-Query Transformer Models from Multi-Head Checkpoints" (2023).
 */
export class LlamaAttention extends Module {
  readonly q_proj: TokenMap;
  readonly k_proj: TokenMap;
  readonly v_proj: TokenMap;
  readonly o_proj: TokenMap;
  readonly #heads: number;
  readonly #groups: number;
  readonly #size: number;

  constructor({ q_proj, k_proj, v_proj, o_proj, heads, groups, size }: LlamaAttentionParts) {
    super();
    this.q_proj = q_proj;
    this.k_proj = k_proj;
    this.v_proj = v_proj;
    this.o_proj = o_proj;
    this.#heads = heads;
    this.#groups = groups;
    this.#size = size;
  }

  /** Rotated queries `[B, H, N, d]`, and keys and values of the same tokens. */
  project(x: Tensor, ctx: Context, angles: RotaryAngles): KeysAndValues & { readonly queries: Tensor } {
    const [B, N] = x.shape as [number, number];
    const apart = (part: Tensor, count: number): Tensor => transpose(reshape(part, [B, N, count, this.#size]), [0, 2, 1, 3]);
    return {
      queries: rotate(apart(this.q_proj.forward(x, ctx), this.#heads), angles),
      keys: rotate(apart(this.k_proj.forward(x, ctx), this.#groups), angles),
      values: apart(this.v_proj.forward(x, ctx), this.#groups),
    };
  }

  /** `[B, N, D] → [B, N, D]` */
  forward(x: Tensor, ctx: Context, { angles, bias, remember = (fresh) => fresh }: LlamaLayerCall): Tensor {
    const [B, N] = x.shape as [number, number];
    const { queries, ...fresh } = this.project(x, ctx, angles);
    const { keys, values } = remember(fresh);
    // Heads of a group stand one after another, so that they are as many more queries to the same keys.
    const grouped = reshape(queries, [B, this.#groups, (this.#heads / this.#groups) * N, this.#size]);
    const attended = reshape(attention(grouped, keys, values, { bias }), [B, this.#heads, N, this.#size]);
    return this.o_proj.forward(reshape(transpose(attended, [0, 2, 1, 3]), [B, N, this.#heads * this.#size]), ctx);
  }
}

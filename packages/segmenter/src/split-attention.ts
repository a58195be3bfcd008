import { Module, type Context, type Tensor } from '@reidkit/core-tensor';
import { Linear, attendHeads } from '@reidkit/encoders';

/** Sizes of a {@link SplitAttention}. */
export interface SplitAttentionOptions {
  /** Width of what it takes and gives, D. */
  readonly width: number;
  /** Number of heads; divides the width inside. */
  readonly heads: number;
  /** How much narrower it is inside. Default: 1. */
  readonly shrink?: number;
}

/** Attention with projections of their own for queries, keys and values, narrower inside, under SAM's names. */
export class SplitAttention extends Module {
  readonly q_proj: Linear;
  readonly k_proj: Linear;
  readonly v_proj: Linear;
  readonly out_proj: Linear;
  readonly #heads: number;

  constructor({ width, heads, shrink = 1 }: SplitAttentionOptions) {
    super();
    const inside = Math.floor(width / shrink);
    const inward = (): Linear => new Linear({ inputs: width, outputs: inside });
    this.q_proj = inward();
    this.k_proj = inward();
    this.v_proj = inward();
    this.out_proj = new Linear({ inputs: inside, outputs: width });
    this.#heads = heads;
  }

  /** `q [B, N, D]`, `k, v [B, M, D]` → `[B, N, D]` */
  forward(q: Tensor, k: Tensor, v: Tensor, ctx: Context): Tensor {
    const [queries, keys, values] = [this.q_proj.forward(q, ctx), this.k_proj.forward(k, ctx), this.v_proj.forward(v, ctx)];
    return this.out_proj.forward(attendHeads(queries, keys, values, ctx, { heads: this.#heads }), ctx);
  }
}

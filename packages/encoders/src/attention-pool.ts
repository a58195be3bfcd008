import { Module, add, attention, concat, mean, normalInit, parameter, reshape, slice, transpose, type Context, type Parameter, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { Linear } from './linear.ts';

/** Sizes of an {@link AttentionPool}. */
export interface AttentionPoolOptions {
  /** Number of places of the map. */
  readonly places: number;
  /** Channels of the map, D. */
  readonly width: number;
  /** Number of heads; divides D. */
  readonly heads: number;
  /** Width of what it gives, E. */
  readonly outputs: number;
  /** Whether every place asks beside the mean of all. */
  readonly dense: boolean;
}

/** Attention pooling of CLIP's residual networks: the mean of all places asks the places (and itself), each with its position. */
export class AttentionPool extends Module {
  /** `[1 + N, D]`, the mean's first. */
  readonly positional_embedding: Parameter;
  readonly k_proj: Linear;
  readonly q_proj: Linear;
  readonly v_proj: Linear;
  readonly c_proj: Linear;
  readonly #heads: number;
  readonly #dense: boolean;

  constructor({ places, width, heads, outputs, dense }: AttentionPoolOptions) {
    super();
    const initialize = normalInit(width ** -0.5);
    const square = (): Linear => new Linear({ inputs: width, outputs: width, initialize });
    this.positional_embedding = parameter([1 + places, width], initialize);
    this.k_proj = square();
    this.q_proj = square();
    this.v_proj = square();
    this.c_proj = new Linear({ inputs: width, outputs, initialize });
    this.#heads = heads;
    this.#dense = dense;
  }

  /** `[B, N, D] → [B, 1, E]`, or `[B, 1 + N, E]` where every place asks; the mean's answer comes first. */
  forward(places: Tensor, ctx: Context): Tensor {
    const [B, , D] = places.shape as [number, number, number];
    const tokens = add(concat([mean(places, 1, true), places], 1), reshape(this.positional_embedding.value, [1, -1, D]));
    const heads = (x: Tensor): Tensor => transpose(reshape(x, [B, x.shape[1]!, this.#heads, D / this.#heads]), [0, 2, 1, 3]);
    const asking = this.#dense ? tokens : slice(tokens, [0, 0, 0], [B, 1, D]);
    const [q, k, v] = [this.q_proj.forward(asking, ctx), this.k_proj.forward(tokens, ctx), this.v_proj.forward(tokens, ctx)].map(heads);
    return this.c_proj.forward(reshape(transpose(attention(q!, k!, v!), [0, 2, 1, 3]), asking.shape), ctx);
  }
}

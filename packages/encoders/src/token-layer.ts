import type { Context, EncodeCall, Module, Tensor } from '@reidkit/core-tensor';

/** From tokens to tokens of another width or form, token by token: a projection, a norm, a perceptron, or something that wraps one. */
export interface TokenMap extends Module {
  /** `[..., D] → [..., E]` */
  forward(x: Tensor, ctx: Context): Tensor;
}

/** What a layer of a transformer is told beside its tokens. */
export interface LayerCall {
  /** Added to the attention scores, broadcast to `[B, H, N, N]`; −∞ forbids. */
  readonly bias?: Tensor | undefined;
  /** Tokens of another source to attend to; only for a layer with `usesSide`. */
  readonly side?: EncodeCall['side'] | undefined;
}

/** One layer of a transformer. */
export interface TokenLayer extends Module {
  /** Whether it attends to `side` tokens. Default: false. */
  readonly usesSide?: boolean;
  /** `[B, N, D] → [B, N, D]` */
  forward(x: Tensor, ctx: Context, call?: LayerCall): Tensor;
}

import type { Context, EncodeCall, Module, Tensor } from '@reidkit/core-tensor';

/** From tokens to tokens of another width or form, token by token: a projection, a norm, a perceptron, or something that wraps one. */
export interface TokenMap extends Module {
  /** `[..., D] → [..., E]` */
  forward(x: Tensor, ctx: Context): Tensor;
}

/** A linear map whose weight is no parameter, such as one of whole numbers: adapters go beside it and cannot be merged into it. */
export interface FixedLinear extends TokenMap {
  /** Outputs and inputs of its weight. */
  readonly linearShape: readonly [outputs: number, inputs: number];
}

/** What a layer of a transformer is told beside its tokens. */
export interface LayerCall {
  /** Added to the attention scores, broadcast to `[B, H, N, N]`; −∞ forbids. */
  readonly bias?: Tensor | undefined;
  /** Tokens of another source to attend to; only for a layer with `usesSide`. */
  readonly side?: EncodeCall['side'] | undefined;
  /** What a part around an attention adds to its joined heads `[B, N, D]`, before the output projection; only for one that says its `heads`. */
  readonly addToHeads?: ((inside: AttentionInside) => Tensor) | undefined;
}

/** What an attention lets a caller see who adds to its heads. */
export interface AttentionInside {
  /** Queries, keys and values side by side `[B, N, 3 D]`. */
  readonly packed: Tensor;
  /** Factor of the scores. */
  readonly scale: number;
  /** The attention's own projection of other tokens to queries, keys and values: `[B, M, D] → [B, M, 3 D]`. */
  project(tokens: Tensor): Tensor;
}

/** One layer of a transformer. */
export interface TokenLayer extends Module {
  /** Whether it attends to `side` tokens. Default: false. */
  readonly usesSide?: boolean;
  /** Number of heads of an attention to which a caller may add (`addToHeads`). */
  readonly heads?: number | undefined;
  /** `[B, N, D] → [B, N, D]` */
  forward(x: Tensor, ctx: Context, call?: LayerCall): Tensor;
}

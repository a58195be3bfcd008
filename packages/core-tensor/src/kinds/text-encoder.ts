import type { Context } from '../context.ts';
import type { Module } from '../module.ts';
import type { Tensor } from '../tensor.ts';

/** What a text encoder sees in texts: one shape for CLIP, BERT and prompts. */
export interface TextTokens {
  /** `[B, N, D]` */
  readonly tokens: Tensor;
  /** 1 for a word, 0 for padding: `[B, N]`. */
  readonly mask: Tensor;
  /** One vector per text, as retrieval compares them: `[B, E]`. */
  readonly summary: Tensor;
}

/** Texts as numbers of words; a caller that puts vectors in the place of some words (a learned prompt) gives the word vectors too. */
export interface TextInput {
  /** `[B, N]` int32, padded. */
  readonly ids: Tensor;
  /** 1 for a word, 0 for padding: `[B, N]`. Default: all ones; encoders with a causal mask need none. */
  readonly mask?: Tensor;
  /** Taken in place of the vectors of `ids`, before positions are added: `[B, N, D]`. */
  readonly embeddings?: Tensor;
}

/** What a caller may add to a text encoder's work. An encoder refuses what it cannot do, by INVALID_ARGUMENT. */
export interface TextCall {
  /** Tokens of another source that layers with cross-attention attend to: `[B, M, E]`, mask `[B, M]`. */
  readonly side?: { readonly tokens: Tensor; readonly mask?: Tensor };
}

/** Kind `encoder`, for texts. */
export interface TextEncoder extends Module {
  /** Most words of a text. */
  readonly length: number;
  /** Width of its tokens, D. */
  readonly width: number;
  /** Width of a text's summary, E. */
  readonly summaryWidth: number;
  /** Vectors of words, without positions: `[..., N] → [..., N, D]`. */
  embed(ids: Tensor): Tensor;
  /** Throws SHAPE_MISMATCH for texts longer than `length`. */
  forward(input: TextInput, ctx: Context, call?: TextCall): TextTokens;
}

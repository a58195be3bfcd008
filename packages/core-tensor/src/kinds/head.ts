import type { Context } from '../context.ts';
import type { Module } from '../module.ts';
import type { Tensor } from '../tensor.ts';
import type { ImageTokens } from './encoder.ts';

/** Kind `pooling`: from an encoder's tokens to one descriptor. */
export interface Pooling extends Module {
  /** `ImageTokens` of width D → `[B, D]`. */
  forward(tokens: ImageTokens, ctx: Context): Tensor;
}

/** Kind `head`, for necks and classifiers: from one descriptor to another, or to class scores. */
export interface Head extends Module {
  /** `[B, D] → [B, E]`. */
  forward(x: Tensor, ctx: Context): Tensor;
}

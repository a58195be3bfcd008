import type { Context } from '../context.ts';
import type { Module } from '../module.ts';
import type { Tensor } from '../tensor.ts';
import type { ImageTokens } from './encoder.ts';

/** From an encoder's tokens to one descriptor. */
export interface Pooling extends Module {
  /** Width of the descriptor. */
  readonly width: number;
  /** `ImageTokens` → `[B, width]`. */
  forward(tokens: ImageTokens, ctx: Context): Tensor;
}

/** What components of kind `pooling` build: the width of the tokens is known when a model is put together, so recipes do not repeat it. */
export type MakePooling = (site: { readonly width: number }) => Pooling;

/** From one descriptor to another (a neck), or to class scores (a classifier). */
export interface Head extends Module {
  /** Width of what it gives. */
  readonly width: number;
  /** `[B, D] → [B, width]`. */
  forward(x: Tensor, ctx: Context): Tensor;
}

/** What a head is joined to. */
export interface HeadSite {
  /** Width of the descriptors that it takes. */
  readonly width: number;
  /** Number of training identities. */
  readonly classes: number;
}

/** What components of kind `head` build: the site is known when a model is put together, so recipes do not repeat it. */
export type MakeHead = (site: HeadSite) => Head;

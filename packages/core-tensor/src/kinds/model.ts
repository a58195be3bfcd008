import type { Context } from '../context.ts';
import type { Module } from '../module.ts';
import type { Tensors } from '../tensor.ts';

/** Kind `model`: parts put together, from a batch to named outputs that losses and scorers read. */
export interface Model extends Module {
  /** Height and width in pixels of the images it takes. */
  readonly imageSize: readonly [height: number, width: number];
  /** Names of the batch that it reads beside `images`. */
  readonly reads: readonly string[];
  /** Names of the outputs in training and in evaluation. */
  readonly gives: { readonly training: readonly string[]; readonly evaluation: readonly string[] };
  /** `batch.images [B, H, W, 3]` and what `reads` names → the outputs that `gives` names. */
  forward(batch: Tensors, ctx: Context): Tensors;
}

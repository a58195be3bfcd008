import type { Context } from '../context.ts';
import type { Module } from '../module.ts';
import type { Tensors } from '../tensor.ts';

/** One way through a model: from a batch to named outputs. */
export interface ModelPass {
  /** Names of the batch that it reads. */
  readonly reads: readonly string[];
  /** Names of the outputs in training and in evaluation. */
  readonly gives: { readonly training: readonly string[]; readonly evaluation: readonly string[] };
  /** What `reads` names → the outputs that `gives` names. */
  forward(batch: Tensors, ctx: Context): Tensors;
}

/** Kind `model`: parts put together, from a batch to named outputs that losses and scorers read. */
export interface Model extends Module {
  /** Height and width in pixels of the images it takes. */
  readonly imageSize: readonly [height: number, width: number];
  /** Names of the batch that it reads beside `images`. */
  readonly reads: readonly string[];
  /** Names of the outputs in training and in evaluation. */
  readonly gives: { readonly training: readonly string[]; readonly evaluation: readonly string[] };
  /** Further ways through it, such as `text`; a stage or a preparation chooses one by name. Its own forward is called `images`. */
  readonly passes?: Readonly<Record<string, ModelPass>>;
  /** Names of the parts `P`, in the order of their axis in `regions` and `regions.masks [B, P, rows · columns]`; reports draw them. */
  readonly partNames?: readonly string[];
  /** Grid of `regions.masks`: its places lie row by row over the image that the model takes. */
  readonly partGrid?: readonly [rows: number, columns: number];
  /** `batch.images [B, H, W, 3]` and what `reads` names → the outputs that `gives` names. */
  forward(batch: Tensors, ctx: Context): Tensors;
}

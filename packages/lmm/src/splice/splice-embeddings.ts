import { cast, expandDims, gather, greaterEqual, matchShape, maximum, mul, reshape, where, type Tensor } from '@reidkit/core-tensor';

/** The tensors of a plan that a step needs, each `[B, S]`. */
export interface SpliceTensors {
  readonly ids: Tensor;
  readonly source: Tensor;
  readonly mask: Tensor;
}

/**
 * Vectors of words with pictures between them: words by `embed`, pictures `[P, Np, D]` → `[B, S, D]`, zeros at padding. Gradients reach
 * both. Without pictures every place is a word. Throws SHAPE_MISMATCH for pictures of another width than words.
 */
export function spliceEmbeddings({ ids, source, mask }: SpliceTensors, embed: (ids: Tensor) => Tensor, pictures?: Tensor): Tensor {
  const words = embed(ids);
  const width = words.shape.at(-1)!;
  const kept = expandDims(mask, -1);
  if (!pictures) return mul(words, kept);
  matchShape('spliceEmbeddings (pictures)', pictures.shape, ['P', 'Np', width]);
  const shown = gather(reshape(pictures, [-1, width]), cast(maximum(source, 0), 'int32'));
  return mul(where(expandDims(greaterEqual(source, 0), -1), shown, words), kept);
}

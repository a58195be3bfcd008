import { cast, equal, logicalAnd, matchShape, mul, reshape, type InputName, type Tensor, type Tensors } from '@reidkit/core-tensor';
import { rowsInUse } from './pair-masks.ts';

/** Images and texts of a batch, pair by pair. */
export interface ImageTextBatch {
  /** `[B, D]` */
  readonly images: Tensor;
  /** `[B, D]` */
  readonly texts: Tensor;
  /** `[B]` int32 */
  readonly labels: Tensor;
  /** Pairs that are no padding `[B]`. Default: all. */
  readonly valid?: Tensor;
}

/** Which pairs of images and texts a loss is about. */
export interface ImageTextMasks {
  /** Rows that count `[B]`, as truth values. */
  readonly rows: Tensor;
  /** 1 where image and text count, else 0: `[B, B]`. */
  readonly both: Tensor;
  /** 1 where both are of one identity too, else 0: `[B, B]`. */
  readonly same: Tensor;
}

/** Where losses of image-text pairs find a batch unless told otherwise. */
export const IMAGE_TEXT_READS: Readonly<Record<keyof ImageTextBatch, InputName>> = {
  images: 'outputs.images',
  texts: 'outputs.texts',
  labels: 'batch.labels',
  valid: 'batch.valid',
};

/** The batch among the inputs of a loss. */
export function imageTextBatch({ images, texts, labels, valid }: Tensors): ImageTextBatch {
  return { images: images!, texts: texts!, labels: labels!, ...(valid ? { valid } : {}) };
}

/** 1 where two numbers of a list are equal, else 0: `[B] → [B, B]` float32. */
export function equalPairs(values: Tensor): Tensor {
  return cast(equal(reshape(values, [-1, 1]), reshape(values, [1, -1])), 'float32');
}

/** Which pairs count. Throws SHAPE_MISMATCH, naming the loss as `what`. */
export function imageTextMasks(what: string, { images, texts, labels, valid }: ImageTextBatch): ImageTextMasks {
  const { B, D } = matchShape(`images of ${what}`, images.shape, ['B', 'D']);
  matchShape(`texts of ${what}`, texts.shape, [B, D]);
  matchShape(`labels of ${what}`, labels.shape, [B]);
  const rows = rowsInUse(labels, valid);
  const both = cast(logicalAnd(reshape(rows, [-1, 1]), reshape(rows, [1, -1])), 'float32');
  return { rows, both, same: mul(equalPairs(labels), both) };
}

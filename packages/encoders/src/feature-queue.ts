import { Module, ReidError, add, buffer, cast, constantInit, floor, div, matMul, matchShape, mul, normalInit, oneHot, range, reshape, sub, sum, transpose, zerosInit, type Context, type Initializer, type Parameter, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore

/** Sizes of a {@link FeatureQueue}. */
export interface FeatureQueueOptions {
  /** Width of the features, D. */
  readonly width: number;
  /** Number of features that are remembered, Q. */
  readonly length: number;
}

/** What a queue takes in. */
export interface QueuedFeatures {
  /** `[B, D]` */
  readonly images: Tensor;
  /** `[B, D]` */
  readonly texts: Tensor;
  /** `[B]` int32 */
  readonly identities: Tensor;
}

/** Identity of a place that nothing was put in yet. */
const EMPTY = -100;

/** Columns of length 1 in directions of chance. */
const unitColumns: Initializer = (random, shape) => {
  const numbers = normalInit(1)(random, shape);
  const [rows, columns] = shape as [number, number];
  for (let column = 0; column < columns; column++) {
    let square = 0;
    for (let row = 0; row < rows; row++) square += numbers[row * columns + column]! ** 2;
    for (let row = 0; row < rows; row++) numbers[row * columns + column]! /= Math.sqrt(square);
  }
  return numbers;
};

/**
 * Features of earlier batches with their identities, as rings that are written over from the oldest on. Its buffers are named as in ALBEF and
 * IRM: `image_queue`, `text_queue [D, Q]`, `idx_queue [1, Q]`, `queue_ptr [1]`.
 * @see Li et al., "Align before Fuse" (2021), section 3.2.
 */
export class FeatureQueue extends Module {
  readonly image_queue: Parameter;
  readonly text_queue: Parameter;
  readonly idx_queue: Parameter;
  readonly queue_ptr: Parameter;
  readonly #length: number;

  constructor({ width, length }: FeatureQueueOptions) {
    super();
    this.image_queue = buffer([width, length], unitColumns);
    this.text_queue = buffer([width, length], unitColumns);
    this.idx_queue = buffer([1, length], constantInit(EMPTY));
    this.queue_ptr = buffer([1], zerosInit);
    this.#length = length;
  }

  /** Puts a batch in the place of the oldest, after this step. Throws SHAPE_MISMATCH, also for a batch longer than the queue. */
  push({ images, texts, identities }: QueuedFeatures, ctx: Context): void {
    const { B } = matchShape('a feature queue', images.shape, ['B', this.image_queue.shape[0]!]);
    matchShape('texts of a feature queue', texts.shape, images.shape);
    matchShape('identities of a feature queue', identities.shape, [B]);
    const length = this.#length;
    if (B! > length) throw new ReidError('SHAPE_MISMATCH', `A feature queue of ${length} places got a batch of ${B}.`, { hint: 'make the queue at least as long as a batch.' }); // prettier-ignore
    const pointer = cast(this.queue_ptr.value, 'float32');
    const wrapped = (place: Tensor): Tensor => sub(place, mul(floor(div(place, length)), length));
    const places = oneHot(wrapped(add(pointer, range(0, B!, 1, 'float32'))), length);
    const kept = sub(1, reshape(sum(places, 0), [1, length]));
    const written = (held: Parameter, columns: Tensor): void =>
      ctx.update(held, add(mul(cast(held.value, 'float32'), kept), matMul(columns, places)));
    written(this.image_queue, transpose(images));
    written(this.text_queue, transpose(texts));
    written(this.idx_queue, reshape(cast(identities, 'float32'), [1, B!]));
    ctx.update(this.queue_ptr, wrapped(add(pointer, B!)));
  }
}

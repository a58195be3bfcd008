import { engine, unsortedSegmentSum } from '@tensorflow/tfjs';
import { ReidError } from '../errors.ts';
import { formatShape, sizeOf } from '../host-tensor.ts';
import { stopGradient } from './stop-gradient.ts';
import { add, gather, mul, range, reshape, sum, tensor, type Tensor } from '../tensor.ts';

// tfjs has no gradient for these three. Each is written with a lookup in one flat list, or a sum into one, which have.

/** What {@link topK} gives, largest first. */
export interface TopK {
  /** `[..., k]` */
  readonly values: Tensor;
  /** Places in the last axis `[..., k]` int32; of equal numbers the first comes first. */
  readonly indices: Tensor;
}

/**
 * The k largest numbers of each row and where they are: `[..., N]` → two `[..., k]`. Gradients flow to the numbers that were chosen.
 * Throws INVALID_ARGUMENT for more than there are.
 */
export function topK(x: Tensor, k: number): TopK {
  const length = x.shape.at(-1) ?? 0;
  if (!(k >= 1 && k <= length)) {
    throw new ReidError('INVALID_ARGUMENT', `topK expected k from 1 to ${length} (the last axis of ${formatShape(x.shape)}), got ${k}.`);
  }
  const [, found] = engine().runKernel('TopK', { x }, { k, sorted: true }) as unknown as [Tensor, Tensor];
  const indices = stopGradient(found!);
  const rows = x.size / length;
  const starts = reshape(range(0, rows * length, length, 'int32'), [rows, 1]);
  const places = add(reshape(indices, [rows, k]), starts);
  return { values: reshape(gather(reshape(x, [-1]), reshape(places, [-1])), [...indices.shape]), indices };
}

/** Places in a flat list of rows: `indices [..., depth]` int32 → `[M]`. */
function flatPlaces(indices: Tensor, lengths: readonly number[]): Tensor {
  const strides = lengths.map((_, axis) => sizeOf(lengths.slice(axis + 1)));
  return reshape(sum(mul(indices, tensor(strides, [strides.length], 'int32')), -1), [-1]);
}

/** Elements or slices at given places: `x [A, B, ..., rest]`, `indices [..., depth]` int32 → `[..., rest]`. Gradients flow to `x`. */
export function gatherNd(x: Tensor, indices: Tensor): Tensor {
  const depth = indices.shape.at(-1)!;
  const [lengths, rest] = [x.shape.slice(0, depth), x.shape.slice(depth)];
  const rows = reshape(x, [sizeOf(lengths), sizeOf(rest)]);
  return reshape(gather(rows, flatPlaces(indices, lengths)), [...indices.shape.slice(0, -1), ...rest]);
}

/** Sums of updates at given places of zeros: `indices [..., depth]` int32, `updates [..., rest]` → `shape`. Gradients flow to `updates`. */
export function scatterNd(indices: Tensor, updates: Tensor, shape: readonly number[]): Tensor {
  const depth = indices.shape.at(-1)!;
  const [lengths, rest] = [shape.slice(0, depth), shape.slice(depth)];
  const rows = reshape(updates, [indices.size / depth, sizeOf(rest)]);
  return reshape(unsortedSegmentSum(rows, flatPlaces(indices, lengths) as never, sizeOf(lengths)), [...shape]);
}

import * as tf from '@tensorflow/tfjs';
import { type Draw, kernel, type Make } from './both-engines.fixture.ts';

const SHAPES: readonly number[][] = [[40], [5, 9], [3, 4, 5], [2, 3, 4, 5]];

/** Cases by name. */
export const shapeCases: Record<string, Make> = {};

/** The result for the tensor in every type. */
const each = (d: Draw, shape: readonly number[], f: (x: tf.Tensor) => tf.Tensor | tf.Tensor[]): tf.Tensor[] =>
  [d.normal(...shape), d.whole(9, ...shape), d.truth(...shape)].flatMap(f);

for (const shape of SHAPES) {
  const rank = shape.length;
  shapeCases[`tile [${shape}]`] = (d) => each(d, shape, (x) => tf.tile(x, shape.map((_, i) => i + 1))); // prettier-ignore
  shapeCases[`pad [${shape}]`] = (d) => [...each(d, shape, (x) => tf.pad(x, shape.map((_, i) => [i, 2]), 1)), tf.pad(d.normal(...shape), shape.map(() => [1, 0]), 1.5)]; // prettier-ignore
  shapeCases[`mirrorPad [${shape}]`] = (d) => each(d, shape, (x) => (['reflect', 'symmetric'] as const).map((mode) => tf.mirrorPad(x, shape.map((_, i) => [i % 2, 1]), mode))); // prettier-ignore
  shapeCases[`slice [${shape}]`] = (d) => each(d, shape, (x) => [tf.slice(x, shape.map(() => 1), shape.map((n) => n - 2)), tf.slice(x, [1])]); // prettier-ignore
  shapeCases[`stridedSlice [${shape}]`] = (d) => each(d, shape, (x) => [tf.stridedSlice(x, [1], [shape[0]!], [2]), tf.stridedSlice(x, shape.map(() => -1), shape.map(() => 0), shape.map(() => -1)), tf.stridedSlice(x, [shape[0]! - 1], [0], [-1], 0, 1), tf.stridedSlice(x, [0], [1], [1], 0, 0, 0, 0, 1)]); // prettier-ignore
  shapeCases[`reverse [${shape}]`] = (d) => each(d, shape, (x) => [tf.reverse(x, [0]), tf.reverse(x), tf.reverse(x, -1)]);
  shapeCases[`concat, stack [${shape}]`] = (d) => [0, 1, 2].flatMap((type) => { const [a, b] = [each(d, shape, (x) => x)[type]!, each(d, shape, (x) => x)[type]!]; return [tf.concat([a, b], -1), tf.stack([a, b], 1), tf.stack([a, b], rank)]; }); // prettier-ignore
  shapeCases[`split, unstack [${shape}]`] = (d) => each(d, shape, (x) => [...tf.split(x, [1, shape[0]! - 1], 0), ...tf.unstack(x, -1)]);
  shapeCases[`transpose, reshape, expandDims, clone [${shape}]`] = (d) => each(d, shape, (x) => [tf.transpose(x), tf.reshape(x, [-1]), tf.expandDims(x, -1), tf.expandDims(x, 1), tf.clone(x)]); // prettier-ignore
  shapeCases[`broadcast [${shape}]`] = (d) => each(d, shape, (x) => tf.broadcastTo(x, [2, ...shape]));
  shapeCases[`gather [${shape}]`] = (d) => each(d, shape, (x) => [tf.gather(x, d.integer(shape[0]!, 6)), tf.gather(x, d.integer(shape.at(-1)!, 2, 3), -1)]); // prettier-ignore
  shapeCases[`diag [${shape}]`] = (d) => each(d, shape.slice(0, 2), (x) => tf.diag(x as never));
  shapeCases[`oneHot [${shape}]`] = (d) => [tf.oneHot(d.whole(3, ...shape), 5), tf.oneHot(d.integer(4, ...shape), 5, 0.9, 0.1), tf.oneHot(d.integer(4, ...shape), 5, 1, 0, 'int32'), tf.oneHot(d.integer(4, ...shape), 5, 1, 0, 'bool')]; // prettier-ignore
  shapeCases[`unsortedSegmentSum [${shape}]`] = (d) => tf.unsortedSegmentSum(d.normal(...shape), d.whole(3, shape[0]!).as1D(), 3);
}

const distinct = (...places: number[]): tf.Tensor => tf.tensor2d(places, [places.length, 1], 'int32');

Object.assign(shapeCases, {
  'gather in batches': (d) => each(d, [2, 3, 4, 5], (x) => [tf.gather(x, d.integer(3, 2, 6), 1, 1), tf.gather(x, d.integer(4, 2, 3, 2), 2, 2), tf.gather(x, d.integer(5, 2, 7), 3, 1), tf.gather(x, d.integer(4, 2), 2, 1)]), // prettier-ignore
  'concat with nothing': (d) => [tf.concat([tf.zeros([4, 0]), d.normal(4, 3), tf.zeros([4, 0])], 1), tf.concat([d.normal(2, 3), tf.zeros([0, 3])], 0)], // prettier-ignore
  gatherND: (d) => each(d, [4, 5, 6], (x) => [tf.gatherND(x, d.integer(4, 7, 2)), tf.gatherND(x, d.integer(4, 2, 3, 3))]),
  'scatterND': (d) => [d.normal(9, 4), d.whole(9, 9, 4)].flatMap((updates) => [tf.scatterND(d.integer(6, 9, 1), updates, [6, 4]), tf.scatterND(d.integer(3, 9, 2), updates, [3, 3, 4])]), // prettier-ignore
  'scatterND of scalars': (d) => [tf.scatterND(d.integer(3, 5, 2), d.normal(5), [3, 3]), ...kernel('ScatterNd', { indices: tf.tensor1d([2, 0, 2], 'int32'), updates: d.normal(3, 4) }, { shape: [3, 4] })], // prettier-ignore
  'tensorScatterUpdate': (d) => [0, 1, 2].map((type) => tf.tensorScatterUpdate(each(d, [6, 4], (x) => x)[type]!, distinct(4, 0, 2), each(d, [3, 4], (x) => x)[type]!)), // prettier-ignore
  'sparseToDense': (d) => [tf.sparseToDense(distinct(4, 0, 2), d.normal(3), [6], tf.scalar(0.5)), tf.sparseToDense(distinct(4, 1), tf.scalar(3, 'int32'), [6], tf.scalar(7, 'int32')), tf.sparseToDense(tf.tensor2d([[0, 1], [2, 0]], [2, 2], 'int32'), d.truth(2), [3, 2], tf.scalar(true, 'bool'))], // prettier-ignore
  'bincount': (d) => [tf.bincount(d.integer(9, 40).as1D(), [] as never, 7), tf.bincount(d.integer(9, 40).as1D(), d.normal(40).as1D(), 7), tf.bincount(d.integer(9, 40).as1D(), d.whole(3, 40).as1D(), 12)], // prettier-ignore
  'denseBincount': (d) => [tf.denseBincount(d.integer(9, 40).as1D(), d.normal(40).as1D(), 7), tf.denseBincount(d.integer(9, 5, 8).as2D(5, 8), d.normal(5, 8).as2D(5, 8), 7), tf.denseBincount(d.integer(9, 5, 8).as2D(5, 8), d.whole(3, 5, 8).as2D(5, 8), 12, true)], // prettier-ignore
  'searchSorted': (d) => [d.normal(3, 20), d.whole(9, 3, 20)].flatMap((x) => { const sorted = tf.reverse(tf.topk(x, 20).values, -1); const values = x.dtype === 'int32' ? d.whole(9, 3, 7) : d.normal(3, 7); return [tf.lowerBound(sorted, values), tf.upperBound(sorted, values)]; }), // prettier-ignore
  'spaceToBatchND, batchToSpaceND': (d) => each(d, [2, 4, 6, 3], (x) => [tf.spaceToBatchND(x, [2, 3], [[0, 2], [1, 2]]), tf.batchToSpaceND(tf.spaceToBatchND(x, [2, 3], [[0, 2], [1, 2]]), [2, 3], [[0, 2], [1, 2]])]), // prettier-ignore
  depthToSpace: (d) => tf.depthToSpace(d.normal(2, 3, 4, 12) as tf.Tensor4D, 2),
  flipLeftRight: (d) => tf.image.flipLeftRight(d.normal(2, 3, 4, 3) as tf.Tensor4D),
} satisfies Record<string, Make>);

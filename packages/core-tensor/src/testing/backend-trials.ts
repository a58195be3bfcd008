import { hostTensor, type HostTensor, type HostTensors } from '../host-tensor.ts';
import { attention } from '../ops/attention.ts';
import { batchNormTraining } from '../ops/batch-norm.ts';
import { conv2d } from '../ops/conv2d.ts';
import { crossEntropy } from '../ops/cross-entropy.ts';
import { gelu, quickGelu } from '../ops/gelu.ts';
import { layerNorm } from '../ops/layer-norm.ts';
import { linear } from '../ops/linear.ts';
import { gatherNd, scatterNd, topK } from '../ops/lookup.ts';
import { normalizeRows } from '../ops/normalize.ts';
import { averagePool2d, maxPool2d } from '../ops/pool2d.ts';
import { stopGradient } from '../ops/stop-gradient.ts';
import { Random } from '../random.ts';
import { add, cast, concat, exp, gather, greater, matMul, max, mean, mul, pad, sigmoid, slice, softmax, softplus, sqrt, square, sum, transpose, where, zerosLike, type Tensor, type Tensors } from '../tensor.ts'; // prettier-ignore

/** An operation with example inputs; float32 inputs are differentiated. */
export interface BackendTrial {
  readonly name: string;
  readonly inputs: HostTensors;
  readonly run: (inputs: Tensors) => Tensor;
}

const normal = (name: string, ...shape: number[]): HostTensor =>
  hostTensor(
    Random.seed(43)
      .fork(name)
      .normal(shape.reduce((product, length) => product * length, 1)),
    shape,
  );

const rows = hostTensor([2, 0, 2], [3], 'int32');

/** Operations that models and losses are made of, with lengths that all differ so that a swapped axis shows. */
export const backendTrials: readonly BackendTrial[] = [
  {
    name: 'linear',
    inputs: { x: normal('x', 2, 3, 5), w: normal('w', 4, 5), b: normal('b', 4) },
    run: ({ x, w, b }) => linear(x!, w!, b!),
  },
  {
    name: 'matrix product with both sides turned',
    inputs: { a: normal('a', 2, 5, 3), b: normal('b', 2, 4, 5) },
    run: ({ a, b }) => matMul(a!, b!, true, true),
  },
  {
    name: 'attention',
    inputs: { q: normal('q', 2, 3, 4, 6), k: normal('k', 2, 3, 5, 6), v: normal('v', 2, 3, 5, 6), bias: normal('bias', 1, 3, 4, 5) },
    run: ({ q, k, v, bias }) => attention(q!, k!, v!, { bias: bias! }),
  },
  {
    name: 'layer norm',
    inputs: { x: normal('x', 2, 3, 5), g: normal('g', 5), b: normal('b', 5) },
    run: ({ x, g, b }) => layerNorm(x!, g!, b!, 1e-5),
  },
  {
    name: 'batch norm',
    inputs: { x: normal('x', 4, 3, 2, 5), g: normal('g', 3), b: normal('b', 3) },
    run: ({ x, g, b }) => batchNormTraining(x!, g!, b!, 1e-5).y,
  },
  {
    name: 'convolution with stride, padding and dilation',
    inputs: { x: normal('x', 2, 3, 9, 8), w: normal('w', 4, 3, 3, 2) },
    run: ({ x, w }) => conv2d(x!, w!, { stride: [2, 1], padding: [1, 2], dilation: [1, 2] }),
  },
  {
    name: 'convolution in groups',
    inputs: { x: normal('x', 2, 6, 5, 4), w: normal('w', 4, 3, 3, 3) },
    run: ({ x, w }) => conv2d(x!, w!, { groups: 2 }),
  },
  {
    name: 'largest of a window',
    inputs: { x: normal('x', 2, 3, 7, 6) },
    run: ({ x }) => maxPool2d(x!, { size: 3, stride: 2, padding: 1 }),
  },
  { name: 'mean of a window', inputs: { x: normal('x', 2, 3, 5, 4) }, run: ({ x }) => averagePool2d(x!, { size: 2 }) },
  { name: 'gelu', inputs: { x: normal('x', 4, 5) }, run: ({ x }) => add(gelu(x!), quickGelu(x!)) },
  {
    name: 'cross-entropy',
    inputs: { x: normal('x', 4, 5), t: hostTensor(normal('t', 4, 5).data.map(Math.abs), [4, 5]) },
    run: ({ x, t }) => crossEntropy(x!, t!),
  },
  { name: 'rows of length 1', inputs: { x: normal('x', 4, 5) }, run: ({ x }) => normalizeRows(x!) },
  {
    name: 'softmax over an axis moved back',
    inputs: { x: normal('x', 2, 3, 4) },
    run: ({ x }) => transpose(softmax(transpose(x!, [0, 2, 1])), [0, 2, 1]),
  },
  {
    name: 'mean and largest',
    inputs: { x: normal('x', 3, 4, 5) },
    run: ({ x }) => concat([mean(x!, [0, 2]), max(x!, 1).reshape([-1])], 0),
  },
  {
    name: 'elementwise functions that broadcast',
    inputs: { x: normal('x', 3, 1, 4), y: normal('y', 5, 1) },
    run: ({ x, y }) => mul(sigmoid(x!), softplus(add(sqrt(add(square(y!), 1)), exp(mul(x!, 0.1))))),
  },
  { name: 'rows picked by number', inputs: { x: normal('x', 4, 3), rows }, run: ({ x, rows: at }) => gather(x!, at!, 0) },
  {
    name: 'choice by a condition',
    inputs: { x: normal('x', 3, 4), y: normal('y', 3, 4) },
    run: ({ x, y }) => where(greater(stopGradient(x!), 0), square(x!), add(zerosLike(x!), y!)),
  },
  {
    name: 'the largest few of each row and their places',
    inputs: { x: normal('x', 3, 6) },
    run: ({ x }) => {
      const { values, indices } = topK(x!, 2);
      return add(cast(indices, 'float32'), square(values));
    },
  },
  {
    name: 'elements by their places, and sums at places',
    inputs: { x: normal('x', 3, 6), places: hostTensor([0, 5, 2, 1, 0, 5], [3, 2], 'int32') },
    run: ({ x, places }) => scatterNd(places!, square(gatherNd(x!, places!)), [3, 6]),
  },
  {
    name: 'a part with zeros around',
    inputs: { x: normal('x', 4, 5) },
    run: ({ x }) => pad(slice(x!, [1, 0], [2, 3]), [[1, 0], [0, 2]]), // prettier-ignore
  },
  {
    name: 'sum of truth values',
    inputs: { x: normal('x', 4, 5) },
    run: ({ x }) => sum(mul(cast(greater(stopGradient(x!), 0), 'float32'), x!), 0),
  },
];

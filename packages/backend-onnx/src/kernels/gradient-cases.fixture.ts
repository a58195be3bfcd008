import * as tf from '@tensorflow/tfjs';
import { attention, batchNormTraining, conv2d, crossEntropy, gelu, layerNorm, maxPool2d, quickGelu, relu } from '@reidkit/core-tensor';

/** Functions of which the gradients for all inputs are compared, with the inputs' shapes. */
export const gradientCases: Readonly<Record<string, readonly [shapes: number[][], f: (...xs: tf.Tensor[]) => tf.Tensor]>> = {
  add: [[[5, 9], [9]], (a, b) => tf.add(a!, b!)],
  mul: [[[5, 9], [5, 1]], (a, b) => tf.mul(a!, b!)], // prettier-ignore
  div: [[[5, 9], [1, 9]], (a, b) => tf.div(a!, tf.add(tf.square(b!), 1))], // prettier-ignore
  atan2: [[[5, 9], [9]], (a, b) => tf.atan2(a!, b!)],
  pow: [[[5, 9], [9]], (a, b) => tf.pow(tf.add(tf.square(a!), 1), b!)],
  prelu: [[[5, 9], [9]], (a, b) => tf.prelu(a!, b!)],
  matMul: [[[7, 5], [6, 5]], (a, b) => tf.matMul(a!, b!, false, true)], // prettier-ignore
  'batched matMul': [[[2, 3, 7, 5], [2, 3, 5, 4]], (a, b) => tf.matMul(a!, b!)], // prettier-ignore
  elu: [[[5, 11]], (x) => tf.elu(x!)],
  'max of axis': [[[4, 11]], (x) => tf.max(x!, -1)],
  prod: [[[4, 5]], (x) => tf.prod(x!, 1)],
  cumsum: [[[4, 11]], (x) => tf.cumsum(x!, 1, true, true)],
  softmax: [[[4, 11]], (x) => tf.softmax(x!)],
  logSumExp: [[[4, 11]], (x) => tf.logSumExp(x!, -1)],
  gather: [[[6, 7]], (x) => tf.gather(x!, tf.tensor1d([1, 4, 1, 0], 'int32'))],
  'gather in batches': [[[2, 3, 4]], (x) => tf.gather(x!, tf.tensor2d([[1, 2, 1], [0, 0, 2]], [2, 3], 'int32'), 1, 1)], // prettier-ignore
  'concat and slice': [[[4, 6], [4, 5]], (a, b) => tf.slice(tf.concat([a!, b!], 1), [1, 2], [2, 7])], // prettier-ignore
  'stack, tile, reverse': [[[4, 5], [4, 5]], (a, b) => tf.reverse(tf.tile(tf.stack([a!, b!]), [1, 2, 2]), 1)], // prettier-ignore
  mirrorPad: [[[4, 5]], (x) => tf.mirrorPad(x!, [[1, 1], [2, 2]], 'reflect')], // prettier-ignore
  spaceToBatchND: [[[1, 4, 6, 3]], (x) => tf.spaceToBatchND(x!, [2, 3], [[0, 0], [0, 0]])], // prettier-ignore
  layerNorm: [[[3, 7, 12], [12], [12]], (x, g, b) => layerNorm(x!, g!, b!, 1e-6)],
  relu: [[[5, 11]], (x) => relu(x!)],
  gelu: [[[5, 11]], (x) => gelu(x!)],
  quickGelu: [[[5, 11]], (x) => quickGelu(x!)],
  attention: [[[2, 3, 5, 8], [2, 3, 6, 8], [2, 3, 6, 8], [1, 3, 1, 6]], (q, k, v, bias) => attention(q!, k!, v!, { bias: bias! })], // prettier-ignore
  crossEntropy: [[[6, 9], [6, 9]], (x, t) => crossEntropy(x!, tf.softmax(t!))], // prettier-ignore
  batchNorm: [[[5, 7], [7], [7]], (x, g, b) => batchNormTraining(x!, g!, b!, 1e-5).y],
  'batchNorm of images': [[[2, 5, 3, 4], [5], [5]], (x, g, b) => batchNormTraining(x!, g!, b!, 1e-5).y],
  conv2d: [[[2, 3, 9, 7], [4, 3, 3, 3]], (x, w) => conv2d(x!, w!, { padding: 1 })], // prettier-ignore
  'conv2d of more channels': [[[2, 6, 9, 7], [4, 6, 3, 3]], (x, w) => conv2d(x!, w!, { padding: 1, stride: 2 })], // prettier-ignore
  'conv2d of more pixels': [[[2, 6, 12, 11], [4, 6, 3, 3]], (x, w) => conv2d(x!, w!, { padding: 1 })], // prettier-ignore
  'conv2d of one pixel and many channels': [[[2, 20, 2, 3], [30, 20, 1, 1]], (x, w) => conv2d(x!, w!)], // prettier-ignore
  'conv2d of stride 2': [[[2, 3, 9, 8], [4, 3, 3, 2]], (x, w) => conv2d(x!, w!, { stride: 2, padding: [1, 0] })], // prettier-ignore
  'conv2d of dilation 2 and groups': [[[2, 4, 9, 8], [6, 2, 3, 3]], (x, w) => conv2d(x!, w!, { dilation: 2, padding: 2, groups: 2 })], // prettier-ignore
  'conv2d of each channel': [[[2, 4, 9, 8], [8, 1, 3, 3]], (x, w) => conv2d(x!, w!, { stride: [2, 1], dilation: [1, 2], padding: 2, groups: 4 })], // prettier-ignore
  'conv2d of one pixel': [[[2, 3, 5, 4], [6, 3, 1, 1]], (x, w) => conv2d(x!, w!)], // prettier-ignore
  maxPool2d: [[[2, 3, 9, 7]], (x) => maxPool2d(x!, { size: 3, stride: 2, padding: 1 })],
  'conv2d of tfjs': [[[2, 9, 8, 3], [3, 2, 3, 5]], (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same')], // prettier-ignore
  'conv2dTranspose': [[[2, 5, 4, 3], [3, 2, 4, 3]], (x, w) => tf.conv2dTranspose(x as tf.Tensor4D, w as tf.Tensor4D, [2, 10, 8, 4], 2, 'same')], // prettier-ignore
  'depthwiseConv2d': [[[2, 9, 8, 3], [3, 2, 3, 2]], (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same')], // prettier-ignore
  'conv3d': [[[1, 5, 6, 4, 3], [2, 3, 2, 3, 4]], (x, w) => tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, 1, 'same')], // prettier-ignore
  'maxPool and avgPool of tfjs': [[[2, 9, 8, 3]], (x) => tf.add(tf.maxPool(x as tf.Tensor4D, 3, 2, 'same'), tf.avgPool(x as tf.Tensor4D, 3, 2, 'same'))], // prettier-ignore
  'maxPool3d, avgPool3d': [[[1, 5, 6, 4, 3]], (x) => tf.add(tf.maxPool3d(x as tf.Tensor5D, 2, 2, 'same'), tf.avgPool3d(x as tf.Tensor5D, 2, 2, 'same'))], // prettier-ignore
  'resizeBilinear of squares': [[[2, 6, 6, 3]], (x) => tf.add(tf.image.resizeBilinear(x as tf.Tensor4D, [9, 4]), tf.image.resizeBilinear(x as tf.Tensor4D, [9, 4], true))], // prettier-ignore
  'resizeNearestNeighbor of one image': [[[1, 6, 5, 3]], (x) => tf.add(tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [9, 4]), tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [9, 4], true))], // prettier-ignore
  localResponseNormalization: [[[2, 3, 4, 7]], (x) => tf.localResponseNormalization(x as tf.Tensor4D, 2, 1, 0.7, 0.6)],
};

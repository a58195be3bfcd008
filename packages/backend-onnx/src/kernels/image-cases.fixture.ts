import * as tf from '@tensorflow/tfjs';
import { conv2d, maxPool2d } from '@reidkit/core-tensor';
import { type Draw, kernel, type Make } from './both-engines.fixture.ts';

type Pad = 'same' | 'valid' | number;

/** Strides, padding, dilations and rounding of two-dimensional windows. */
const WINDOWS: readonly (readonly [stride: number | [number, number], pad: Pad, dilation: number, rounding?: 'floor' | 'ceil'])[] = [[1, 'same', 1], [2, 'valid', 1], [[2, 1], 'same', 1], [1, 'valid', 2], [1, 1, 1], [2, 1, 1, 'floor'], [2, 1, 1, 'ceil']]; // prettier-ignore

const images = (d: Draw): tf.Tensor4D => d.normal(2, 9, 8, 3) as tf.Tensor4D;
const filter = (d: Draw, ...sizes: number[]): tf.Tensor4D => d.normal(...sizes) as tf.Tensor4D;
const volume = (d: Draw): tf.Tensor5D => d.normal(2, 5, 6, 4, 3) as tf.Tensor5D;
const channelsFirst = (x: tf.Tensor): tf.Tensor4D => tf.transpose(x, [0, 3, 1, 2]) as tf.Tensor4D;

/** Cases by name. */
export const imageCases: Record<string, Make> = {};

for (const [stride, pad, dilation, rounding] of WINDOWS) {
  const name = `stride ${stride}, pad ${pad}, dilation ${dilation}, ${rounding}`;
  imageCases[`conv2d of ${name}`] = (d) => [tf.conv2d(images(d), filter(d, 3, 2, 3, 5), stride, pad, 'NHWC', dilation, rounding), tf.conv2d(channelsFirst(images(d)), filter(d, 3, 2, 3, 5), stride, pad, 'NCHW', dilation, rounding)]; // prettier-ignore
  imageCases[`depthwiseConv2d of ${name}`] = (d) => tf.depthwiseConv2d(images(d), filter(d, 3, 2, 3, 2), stride, pad, 'NHWC', dilation, rounding); // prettier-ignore
  if (dilation > 1) continue;
  imageCases[`maxPool, avgPool of ${name}`] = (d) => [tf.maxPool(images(d), [3, 2], stride, pad, rounding), tf.avgPool(images(d), [3, 2], stride, pad, rounding)]; // prettier-ignore
}

const ACTIVATIONS = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const;

Object.assign(imageCases, {
  'conv2d of one pixel': (d) => [tf.conv2d(images(d), filter(d, 1, 1, 3, 5), 1, 'same'), tf.conv2d(images(d), filter(d, 1, 1, 3, 5), 2, 'valid')], // prettier-ignore
  'conv2d with explicit padding': (d) => tf.conv2d(images(d), filter(d, 3, 3, 3, 5), 1, [[0, 0], [1, 2], [0, 1], [0, 0]]), // prettier-ignore
  'fused conv2d': (d) => ACTIVATIONS.map((activation) => tf.fused.conv2d({ x: images(d), filter: filter(d, 3, 3, 3, 5), strides: 1, pad: 'same', bias: d.normal(5), activation, ...(activation === 'prelu' ? { preluActivationWeights: d.normal(5) } : {}), leakyreluAlpha: 0.3 } as never)), // prettier-ignore
  'fused conv2d, channels first': (d) => tf.fused.conv2d({ x: channelsFirst(images(d)), filter: filter(d, 3, 3, 3, 5), strides: 1, pad: 'same', dataFormat: 'NCHW', bias: d.normal(5), activation: 'relu' } as never), // prettier-ignore
  'fused depthwiseConv2d': (d) => tf.fused.depthwiseConv2d({ x: images(d), filter: filter(d, 3, 3, 3, 2), strides: 1, pad: 'same', bias: d.normal(6), activation: 'relu' } as never), // prettier-ignore
  'conv2dTranspose': (d) => [tf.conv2dTranspose(images(d), filter(d, 3, 2, 4, 3), [2, 18, 16, 4], 2, 'same'), tf.conv2dTranspose(images(d), filter(d, 3, 3, 4, 3), [2, 11, 10, 4], 1, 'valid'), tf.conv2dTranspose(images(d), filter(d, 2, 2, 4, 3), [2, 28, 25, 4], 3, 'valid')], // prettier-ignore
  'conv3d': (d) => [tf.conv3d(volume(d), d.normal(2, 3, 2, 3, 4) as tf.Tensor5D, 1, 'same'), tf.conv3d(volume(d), d.normal(2, 3, 2, 3, 4) as tf.Tensor5D, 2, 'valid')], // prettier-ignore
  'maxPool3d, avgPool3d': (d) => [tf.maxPool3d(volume(d), 2, 2, 'same'), tf.avgPool3d(volume(d), [2, 3, 2], 1, 'valid'), tf.avgPool3d(volume(d), 2, 2, 'same')], // prettier-ignore
  'resizeBilinear': (d) => [[12, 5], [4, 16], [9, 8], [1, 1]].flatMap((size) => [[false, false], [true, false], [false, true]].map(([corners, half]) => tf.image.resizeBilinear(images(d), size as [number, number], corners, half))), // prettier-ignore
  'resizeBilinear of integers': (d) => tf.image.resizeBilinear(d.whole(9, 2, 9, 8, 3) as tf.Tensor4D, [5, 12]),
  'resizeNearestNeighbor': (d) => [images(d), d.whole(9, 2, 9, 8, 3) as tf.Tensor4D].flatMap((x) => [[12, 5], [4, 16], [1, 1]].flatMap((size) => [[false, false], [true, false], [false, true]].map(([corners, half]) => tf.image.resizeNearestNeighbor(x, size as [number, number], corners, half)))), // prettier-ignore
  'localResponseNormalization': (d) => [1, 2, 5].map((radius) => tf.localResponseNormalization(d.normal(2, 3, 4, 7) as tf.Tensor4D, radius, 1, 0.7, 0.6)), // prettier-ignore
  'conv2d of core-tensor': (d) => [conv2d(d.normal(2, 3, 9, 7), d.normal(4, 3, 3, 3), { padding: 1 }), conv2d(d.normal(2, 3, 9, 7), d.normal(4, 3, 3, 2), { stride: 2, padding: [1, 0] }), conv2d(d.normal(2, 6, 9, 7), d.normal(4, 3, 3, 3), { groups: 2, dilation: 2, padding: 2 }), conv2d(d.normal(2, 3, 8, 6), d.normal(5, 3, 1, 1))], // prettier-ignore
  maxPool2d: (d) => [maxPool2d(d.normal(2, 3, 9, 7), { size: 3, stride: 2, padding: 1 }), maxPool2d(d.normal(2, 3, 8, 6), { size: 2 })],
} satisfies Record<string, Make>);

/** Gradients of kernels whose own gradient tfjs's public operations do not ask for with everything. */
for (const [stride, pad, , rounding] of WINDOWS) {
  const name = `stride ${stride}, pad ${pad}, ${rounding}`;
  imageCases[`gradient kernels of ${name}`] = (d) => {
    const x = images(d);
    const [plain, apart] = [filter(d, 3, 2, 3, 5), filter(d, 3, 2, 3, 2)];
    const options = { strides: stride, pad, dataFormat: 'NHWC', dimRoundingMode: rounding, dilations: [1, 1], inputShape: x.shape };
    const dy = (y: tf.Tensor): tf.Tensor => d.normal(...y.shape);
    const [ofPlain, ofApart] = [dy(tf.conv2d(x, plain, stride, pad, 'NHWC', 1, rounding)), dy(tf.depthwiseConv2d(x, apart, stride, pad, 'NHWC', 1, rounding))]; // prettier-ignore
    const pooled = tf.maxPool(x, [3, 2], stride, pad, rounding);
    const pool = { filterSize: [3, 2], strides: stride, pad, dimRoundingMode: rounding };
    return [
      ...kernel('Conv2DBackpropInput', { dy: ofPlain, filter: plain }, options),
      ...kernel('Conv2DBackpropFilter', { x, dy: ofPlain }, { ...options, filterShape: plain.shape }),
      ...kernel('DepthwiseConv2dNativeBackpropInput', { dy: ofApart, filter: apart }, options),
      ...kernel('DepthwiseConv2dNativeBackpropFilter', { x, dy: ofApart }, { ...options, filterShape: apart.shape }),
      ...kernel('MaxPoolGrad', { dy: dy(pooled), input: x, output: pooled }, pool),
      ...(rounding ? [] : kernel('AvgPoolGrad', { dy: dy(pooled), input: x }, pool)),
    ];
  };
}

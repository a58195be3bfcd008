import * as tf from '@tensorflow/tfjs';
import { attention, batchNormTraining, crossEntropy, gelu, layerNorm, quickGelu, relu } from '@reidkit/core-tensor';
import { type Draw, kernel, type Make } from './both-engines.fixture.ts';

const SHAPES: readonly number[][] = [[40], [5, 9], [3, 4, 5], [2, 3, 4, 5]];
const UNARY = ['abs', 'ceil', 'cos', 'cosh', 'asinh', 'atan', 'elu', 'erf', 'exp', 'expm1', 'floor', 'isFinite', 'isInf', 'isNaN', 'leakyRelu', 'neg', 'reciprocal', 'relu', 'relu6', 'round', 'selu', 'sigmoid', 'sign', 'sin', 'sinh', 'softplus', 'square', 'tan', 'tanh', 'step', 'zerosLike', 'onesLike'] as const; // prettier-ignore
const WHOLE_UNARY = ['abs', 'neg', 'square', 'sign', 'relu', 'relu6', 'round', 'leakyRelu', 'zerosLike', 'onesLike'] as const;
const POSITIVE = ['log', 'log1p', 'sqrt', 'rsqrt'] as const;
const BOUNDED = ['acos', 'asin', 'atanh'] as const;
const BINARY = ['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'squaredDifference', 'floorDiv', 'mod', 'atan2', 'equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual'] as const; // prettier-ignore
const WHOLE_BINARY = ['add', 'sub', 'mul', 'maximum', 'minimum', 'squaredDifference', 'floorDiv', 'mod', 'equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual'] as const; // prettier-ignore
const TRUTH_BINARY = ['mul', 'logicalAnd', 'logicalOr', 'logicalXor', 'equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual'] as const; // prettier-ignore
const BROADCASTS = [[[40], [40]], [[5, 9], [9]], [[5, 9], [5, 1]], [[2, 1, 4, 5], [3, 1, 5]], [[3, 4, 5], []], [[], [7, 8]]] as const; // prettier-ignore

/** Cases by name. */
export const rowCases: Record<string, Make> = {};

/** The tensor in every type. */
const inTypes = (d: Draw, shape: readonly number[]): tf.Tensor[] => [d.normal(...shape), d.whole(9, ...shape), d.truth(...shape)];

function elementwiseCases(shape: number[]): void {
  for (const op of UNARY) rowCases[`${op} [${shape}]`] = (d) => tf[op](d.normal(...shape).mul(3));
  for (const op of WHOLE_UNARY) rowCases[`${op} int32 [${shape}]`] = (d) => tf[op](d.whole(9, ...shape));
  for (const op of POSITIVE) rowCases[`${op} [${shape}]`] = (d) => tf[op](d.positive(...shape));
  for (const op of BOUNDED) rowCases[`${op} [${shape}]`] = (d) => tf[op](d.positive(...shape).mul(0.8));
  rowCases[`acosh [${shape}]`] = (d) => tf.acosh(d.positive(...shape).add(1.5));
  rowCases[`small expm1, log1p [${shape}]`] = (d) => [tf.expm1, tf.log1p].map((op) => op(d.normal(...shape).mul(1e-6)).mul(1e6));
  rowCases[`log of a small sigmoid [${shape}]`] = (d) => tf.log(tf.sigmoid(d.positive(...shape).mul(-60)));
  rowCases[`clip [${shape}]`] = (d) => [tf.clipByValue(d.normal(...shape), -0.5, 0.7), tf.clipByValue(d.whole(9, ...shape), -3, 5), tf.clipByValue(d.normal(...shape), -Infinity, 0), tf.clipByValue(d.normal(...shape), 0, Infinity)]; // prettier-ignore
  rowCases[`casts [${shape}]`] = (d) => (['float32', 'int32', 'bool'] as const).flatMap((type) => inTypes(d, shape).map((x) => tf.cast(x.dtype === 'float32' ? x.mul(9) : x, type))); // prettier-ignore
  rowCases[`logicalNot [${shape}]`] = (d) => tf.logicalNot(d.truth(...shape));
  rowCases[`where [${shape}]`] = (d) => inTypes(d, shape).map((x, i) => tf.where(d.truth(...shape), x, inTypes(d, shape)[i]!));
  rowCases[`addN [${shape}]`] = (d) => [tf.addN([d.normal(...shape), d.normal(...shape), d.normal(...shape)]), tf.addN([d.whole(9, ...shape), d.whole(9, ...shape)])]; // prettier-ignore
  rowCases[`prelu, elu gradient [${shape}]`] = (d) => [tf.prelu(d.normal(...shape), d.normal(shape.at(-1)!)), ...kernel('EluGrad', { dy: d.normal(...shape), y: d.normal(...shape) })]; // prettier-ignore
}

function reductionCases(shape: number[]): void {
  for (const op of ['sum', 'mean', 'max', 'min', 'prod'] as const) {
    rowCases[`${op} all [${shape}]`] = (d) => [tf[op](d.normal(...shape)), tf[op](d.whole(2, ...shape))];
    rowCases[`${op} last, kept [${shape}]`] = (d) => [tf[op](d.normal(...shape), -1, true), tf[op](d.whole(9, ...shape), -1, true)];
    rowCases[`${op} first [${shape}]`] = (d) => [tf[op](d.normal(...shape), 0), tf[op](d.whole(9, ...shape), 0)];
  }
  rowCases[`sum of truth [${shape}]`] = (d) => [tf.sum(d.truth(...shape), -1), tf.mean(d.truth(...shape), 0)];
  rowCases[`all, any [${shape}]`] = (d) => [tf.all(d.truth(...shape), -1), tf.any(d.truth(...shape), 0, true), tf.all(d.truth(...shape))];
  rowCases[`argMax, argMin [${shape}]`] = (d) => inTypes(d, shape).flatMap((x) => [tf.argMax(x, -1), tf.argMin(x, 0)]);
  rowCases[`softmax [${shape}]`] = (d) => [tf.softmax(d.normal(...shape)), tf.logSoftmax(d.normal(...shape))];
  rowCases[`cumsum [${shape}]`] = (d) => [tf.cumsum(d.normal(...shape), 0), tf.cumsum(d.whole(9, ...shape), shape.length - 1, true, true)];
  rowCases[`cumprod [${shape}]`] = (d) => [[false, false], [true, false], [false, true], [true, true]].flatMap(([isExclusive, isReverse]) => [tf.cumprod(d.normal(...shape), 0, isExclusive, isReverse), tf.cumprod(d.whole(2, ...shape), shape.length - 1, isExclusive, isReverse)]); // prettier-ignore
  rowCases[`topk [${shape}]`] = (d) => [d.normal(...shape), d.integer(4, ...shape)].flatMap((x) => { const { values, indices } = tf.topk(x, 3); return [values, indices]; }); // prettier-ignore
}

for (const shape of SHAPES) {
  elementwiseCases(shape);
  reductionCases(shape);
}

for (const [a, b] of BROADCASTS) {
  for (const op of BINARY) rowCases[`${op} [${a}] [${b}]`] = (d) => tf[op](d.normal(...a), d.positive(...b));
  for (const op of WHOLE_BINARY) rowCases[`${op} int32 [${a}] [${b}]`] = (d) => tf[op](d.whole(4, ...a), d.whole(2, ...b));
  for (const op of TRUTH_BINARY) rowCases[`${op} bool [${a}] [${b}]`] = (d) => tf[op](d.truth(...a), d.truth(...b));
  rowCases[`negative divisors [${a}] [${b}]`] = (d) => [tf.floorDiv, tf.mod].map((op) => op(d.normal(...a), d.positive(...b).neg()));
  rowCases[`angles [${a}] [${b}]`] = (d) => tf.atan2(d.normal(...a), d.normal(...b));
  rowCases[`pow [${a}] [${b}]`] = (d) => [tf.pow(d.positive(...a), d.normal(...b)), tf.pow(d.whole(5, ...a), d.integer(15, ...b))];
  rowCases[`bitwiseAnd [${a}] [${b}]`] = (d) => kernel('BitwiseAnd', { a: d.whole(99, ...a), b: d.whole(99, ...b) });
}

/** A step of Adam by the engine's kernel, and by plain operations where there is none. */
function adamStep(d: Draw, largest?: tf.Tensor): tf.Tensor[] {
  const [parameter, gradient, first] = [d.normal(4, 5), d.normal(4, 5), d.normal(4, 5)];
  const [second, stride, scale] = [d.positive(4, 5), tf.scalar(0.1), tf.scalar(0.9)];
  const inputs = { parameter, gradient, first, second, stride, scale, ...(largest ? { largest } : {}) };
  if (tf.getKernel('ReidAdamUpdate', tf.getBackend())) return kernel('ReidAdamUpdate', inputs, { beta1: 0.8, beta2: 0.7, epsilon: 1e-8 });
  const nextFirst = tf.add(first.mul(0.8), gradient.mul(0.2));
  const nextSecond = tf.add(second.mul(0.7), gradient.square().mul(0.3));
  const nextLargest = largest ? tf.maximum(largest, nextSecond) : nextSecond;
  const step = nextFirst.div(nextLargest.sqrt().mul(scale)).mul(stride);
  return [parameter.sub(step), nextFirst, nextSecond, ...(largest ? [nextLargest] : [])];
}

Object.assign(rowCases, {
  'matMul': (d) => [tf.matMul(d.normal(7, 5), d.normal(5, 6)), tf.matMul(d.normal(5, 7), d.normal(6, 5), true, true), tf.matMul(d.normal(2, 3, 7, 5), d.normal(2, 3, 6, 5), false, true), tf.matMul(d.normal(3, 5, 7), d.normal(1, 5, 6), true), tf.matMul(d.normal(1, 7, 5), d.normal(1, 5, 6))], // prettier-ignore
  'matMul of integers': (d) => [tf.matMul(d.whole(9, 7, 5), d.whole(9, 5, 6)), tf.matMul(d.whole(9, 3, 5, 7), d.whole(9, 3, 6, 5), true, true)], // prettier-ignore
  'fused matMul': (d) => [undefined, 'linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'].map((activation) => tf.fused.matMul({ a: d.normal(7, 5), b: d.normal(5, 6), bias: d.normal(6), activation: activation as never, ...(activation === 'prelu' ? { preluActivationWeights: d.normal(6) } : {}), leakyreluAlpha: 0.3 })), // prettier-ignore
  'einsum': (d) => [tf.einsum('ij,jk->ik', d.normal(3, 4), d.normal(4, 5)), tf.einsum('b i j, b j k -> b k i', d.normal(2, 3, 4), d.normal(2, 4, 5)), tf.einsum('ij->ji', d.normal(3, 4)), tf.einsum('ijk,k->ij', d.normal(2, 3, 4), d.normal(4)), tf.einsum('i,j->ij', d.whole(9, 3), d.whole(9, 4))], // prettier-ignore
  'layerNorm': (d) => [layerNorm(d.normal(3, 7, 12), d.normal(12), d.normal(12), 1e-6), layerNorm(d.normal(5, 12).mul(1e-3), d.normal(12), d.normal(12), 1e-5)], // prettier-ignore
  'relu of core-tensor': (d) => relu(d.normal(4, 5)),
  gelu: (d) => [gelu(d.normal(4, 5, 6)), quickGelu(d.normal(9, 7))],
  'attention': (d) => [attention(d.normal(2, 3, 5, 8), d.normal(2, 3, 7, 8), d.normal(2, 3, 7, 8)), attention(d.normal(2, 3, 5, 8), d.normal(2, 3, 5, 8), d.normal(2, 3, 5, 8), { bias: d.normal(1, 3, 1, 5), scale: 0.3 })], // prettier-ignore
  crossEntropy: (d) => crossEntropy(d.normal(6, 9), tf.softmax(d.normal(6, 9))),
  'batchNorm': (d) => [batchNormTraining(d.normal(6, 9), d.normal(9), d.normal(9), 1e-5).y, batchNormTraining(d.normal(2, 9, 3, 4), d.normal(9), d.normal(9), 1e-5).variance], // prettier-ignore
  'batchNorm with given statistics': (d) => [tf.batchNorm(d.normal(2, 4, 3, 9), d.normal(9), d.positive(9), d.normal(9), d.normal(9), 1e-3), tf.batchNorm(d.normal(5, 9), d.normal(5, 9), d.positive(5, 9), undefined, d.normal(5, 9)), tf.batchNorm(d.normal(5, 9), d.normal(9), d.positive(9))], // prettier-ignore
  Adam: (d) => [...adamStep(d), ...adamStep(d, d.positive(4, 5))],
  'a cast of few elements among many': (d) => [
    tf.add(tf.cast(d.truth(4, 1), 'float32'), d.normal(4, 40)),
    tf.add(tf.cast(d.integer(5, 4, 1), 'float32'), d.normal(4, 40)),
    tf.add(tf.cast(d.truth(4, 1), 'int32'), d.integer(9, 4, 40)),
  ],
} satisfies Record<string, Make>);

import * as tf from '@tensorflow/tfjs';
import { attention, batchNormTraining, conv2d, crossEntropy, gelu, layerNorm, maxPool2d, quickGelu, relu, Random, referenceBackend, useBackend } from '@reidkit/core-tensor'; // prettier-ignore
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxBackend } from '../onnx-backend.ts';
import { kernelTable } from './table.ts';

type Make = (draw: Draw) => tf.Tensor | tf.Tensor[];

/** Makes the same random tensors on every engine. */
class Draw {
  #calls = 0;
  #root = Random.seed(7);
  normal(...shape: number[]): tf.Tensor {
    return tf.tensor(this.#root.fork(this.#calls++).normal(tf.util.sizeFromShape(shape)), shape);
  }
  positive(...shape: number[]): tf.Tensor {
    return tf.tensor(this.#root.fork(this.#calls++).uniform(tf.util.sizeFromShape(shape)), shape).add(0.1);
  }
  integer(bound: number, ...shape: number[]): tf.Tensor {
    const stream = this.#root.fork(this.#calls++).stream();
    return tf.tensor(
      Int32Array.from({ length: tf.util.sizeFromShape(shape) }, () => stream.integer(bound)),
      shape,
      'int32',
    );
  }
  truth(...shape: number[]): tf.Tensor {
    return this.normal(...shape).greater(0);
  }
}

const SHAPES: readonly number[][] = [[40], [5, 9], [3, 4, 5], [2, 3, 4, 5]];
const unaryOps = ['abs', 'ceil', 'cos', 'cosh', 'asinh', 'atan', 'elu', 'erf', 'exp', 'floor', 'isNaN', 'leakyRelu', 'neg', 'reciprocal', 'relu', 'relu6', 'round', 'sigmoid', 'sign', 'sin', 'sinh', 'softplus', 'square', 'tan', 'tanh', 'step', 'zerosLike', 'onesLike'] as const; // prettier-ignore
const positiveOps = ['log', 'sqrt', 'rsqrt'] as const;
const boundedOps = ['acos', 'asin', 'atanh'] as const;
const binaryOps = ['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'squaredDifference', 'floorDiv', 'equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual'] as const; // prettier-ignore
const BROADCASTS: readonly [number[], number[]][] = [
  [[40], [40]],
  [[5, 9], [9]],
  [
    [5, 9],
    [5, 1],
  ],
  [
    [2, 1, 4, 5],
    [3, 1, 5],
  ],
  [[3, 4, 5], []],
  [[], [7, 8]],
];

const cases: Record<string, Make> = {};
for (const shape of SHAPES) {
  for (const op of unaryOps) cases[`${op} [${shape}]`] = (d) => tf[op](d.normal(...shape));
  for (const op of positiveOps) cases[`${op} [${shape}]`] = (d) => tf[op](d.positive(...shape));
  for (const op of boundedOps) cases[`${op} [${shape}]`] = (d) => tf[op](d.positive(...shape).mul(0.8));
  cases[`acosh [${shape}]`] = (d) => tf.acosh(d.positive(...shape).add(1.5));
  for (const op of ['abs', 'neg', 'square'] as const)
    cases[`${op} int32 [${shape}]`] = (d) => tf[op](d.integer(9, ...shape).sub(tf.scalar(4, 'int32')));
  cases[`clip [${shape}]`] = (d) => tf.clipByValue(d.normal(...shape), -0.5, 0.7);
  cases[`casts [${shape}]`] = (d) => [tf.cast(d.normal(...shape), 'bool'), tf.cast(d.truth(...shape), 'float32'), tf.cast(d.integer(5, ...shape), 'float32'), tf.cast(d.truth(...shape), 'int32'), tf.cast(d.normal(...shape).mul(9), 'int32')]; // prettier-ignore
  cases[`logical [${shape}]`] = (d) => [tf.logicalAnd(d.truth(...shape), d.truth(...shape)), tf.logicalOr(d.truth(...shape), d.truth(...shape)), tf.logicalNot(d.truth(...shape))]; // prettier-ignore
  cases[`where [${shape}]`] = (d) => tf.where(d.truth(...shape), d.normal(...shape), d.normal(...shape));
  cases[`addN [${shape}]`] = (d) => tf.addN([d.normal(...shape), d.normal(...shape), d.normal(...shape)]);
  for (const op of ['sum', 'mean', 'max', 'min', 'prod'] as const) {
    cases[`${op} all [${shape}]`] = (d) => tf[op](d.normal(...shape));
    cases[`${op} last, kept [${shape}]`] = (d) => tf[op](d.normal(...shape), -1, true);
    cases[`${op} first [${shape}]`] = (d) => tf[op](d.normal(...shape), 0);
  }
  cases[`sums of other types [${shape}]`] = (d) => [
    tf.sum(d.integer(9, ...shape), 0),
    tf.sum(d.truth(...shape), -1),
    tf.max(d.integer(9, ...shape), 0),
  ];
  cases[`all, any [${shape}]`] = (d) => [tf.all(d.truth(...shape), -1), tf.any(d.truth(...shape), 0, true)];
  cases[`argMax, argMin [${shape}]`] = (d) => [
    tf.argMax(d.normal(...shape), -1),
    tf.argMin(d.normal(...shape), 0),
    tf.argMax(d.integer(3, ...shape), -1),
  ];
  cases[`softmax [${shape}]`] = (d) => [tf.softmax(d.normal(...shape)), tf.logSoftmax(d.normal(...shape))];
  cases[`cumsum [${shape}]`] = (d) => [tf.cumsum(d.normal(...shape), 0), tf.cumsum(d.normal(...shape), shape.length - 1, true, true)];
  cases[`topk [${shape}]`] = (d) => { const { values, indices } = tf.topk(d.normal(...shape), 3); return [values, indices]; }; // prettier-ignore
  cases[`tile [${shape}]`] = (d) => tf.tile(d.normal(...shape), shape.map((_, i) => i + 1)); // prettier-ignore
  cases[`pad [${shape}]`] = (d) => tf.pad(d.normal(...shape), shape.map((_, i) => [i, 2]), 1.5); // prettier-ignore
  cases[`slice [${shape}]`] = (d) => tf.slice(d.normal(...shape), shape.map(() => 1), shape.map((n) => n - 2)); // prettier-ignore
  cases[`reverse [${shape}]`] = (d) => tf.reverse(d.normal(...shape), [0]);
  cases[`concat, stack, split, unstack [${shape}]`] = (d) => [tf.concat([d.normal(...shape), d.normal(...shape)], -1), tf.stack([d.normal(...shape), d.normal(...shape)], 1), ...tf.split(d.normal(...shape), [1, shape[0]! - 1], 0), ...tf.unstack(d.normal(...shape), -1)]; // prettier-ignore
  cases[`transpose [${shape}]`] = (d) => [
    tf.transpose(d.normal(...shape)),
    tf.transpose(d.integer(9, ...shape)),
    tf.transpose(d.truth(...shape)),
  ];
  cases[`gather [${shape}]`] = (d) => [tf.gather(d.normal(...shape), d.integer(shape[0]!, 6)), tf.gather(d.integer(9, ...shape), d.integer(shape.at(-1)!, 2, 3), -1)]; // prettier-ignore
  cases[`oneHot [${shape}]`] = (d) => [tf.oneHot(d.integer(9, ...shape).sub(tf.scalar(2, 'int32')) as tf.Tensor, 5), tf.oneHot(d.integer(4, ...shape), 5, 0.9, 0.1)]; // prettier-ignore
}
for (const [a, b] of BROADCASTS) {
  for (const op of binaryOps) cases[`${op} [${a}] [${b}]`] = (d) => tf[op](d.normal(...a), d.positive(...b));
  for (const op of ['add', 'sub', 'mul', 'maximum', 'equal', 'less'] as const) cases[`${op} int32 [${a}] [${b}]`] = (d) => tf[op](d.integer(4, ...a), d.integer(4, ...b)); // prettier-ignore
  cases[`pow [${a}] [${b}]`] = (d) => tf.pow(d.positive(...a), d.normal(...b));
}
Object.assign(cases, {
  'matMul': (d) => [tf.matMul(d.normal(7, 5), d.normal(5, 6)), tf.matMul(d.normal(5, 7), d.normal(6, 5), true, true), tf.matMul(d.normal(2, 3, 7, 5), d.normal(2, 3, 6, 5), false, true), tf.matMul(d.normal(3, 5, 7), d.normal(1, 5, 6), true), tf.matMul(d.normal(1, 7, 5), d.normal(1, 5, 6))], // prettier-ignore
  'gatherND, scatterND, segments': (d) => [tf.gatherND(d.normal(4, 5, 6), d.integer(4, 7, 2)), tf.scatterND(d.integer(6, 9, 1), d.normal(9, 4), [6, 4]), tf.unsortedSegmentSum(d.normal(9, 4), d.integer(6, 9).as1D(), 6)], // prettier-ignore
  'layerNorm': (d) => [layerNorm(d.normal(3, 7, 12), d.normal(12), d.normal(12), 1e-6), layerNorm(d.normal(5, 12).mul(1e-3), d.normal(12), d.normal(12), 1e-5)], // prettier-ignore
  gelu: (d) => [gelu(d.normal(4, 5, 6)), quickGelu(d.normal(9, 7))],
  'attention': (d) => [attention(d.normal(2, 3, 5, 8), d.normal(2, 3, 7, 8), d.normal(2, 3, 7, 8)), attention(d.normal(2, 3, 5, 8), d.normal(2, 3, 5, 8), d.normal(2, 3, 5, 8), { bias: d.normal(1, 3, 1, 5), scale: 0.3 })], // prettier-ignore
  crossEntropy: (d) => crossEntropy(d.normal(6, 9), tf.softmax(d.normal(6, 9))),
  'batchNorm': (d) => [batchNormTraining(d.normal(6, 9), d.normal(9), d.normal(9), 1e-5).y, batchNormTraining(d.normal(2, 9, 3, 4), d.normal(9), d.normal(9), 1e-5).variance], // prettier-ignore
  'conv2d': (d) => [conv2d(d.normal(2, 3, 9, 7), d.normal(4, 3, 3, 3), { padding: 1 }), conv2d(d.normal(2, 3, 9, 7), d.normal(4, 3, 3, 2), { stride: 2, padding: [1, 0] }), conv2d(d.normal(2, 6, 9, 7), d.normal(4, 3, 3, 3), { groups: 2, dilation: 2, padding: 2 }), conv2d(d.normal(2, 3, 8, 6), d.normal(5, 3, 1, 1))], // prettier-ignore
  maxPool2d: (d) => [maxPool2d(d.normal(2, 3, 9, 7), { size: 3, stride: 2, padding: 1 }), maxPool2d(d.normal(2, 3, 8, 6), { size: 2 })],
} satisfies Record<string, Make>);

/** Gradients of a weighted sum of the result for every input. */
// Few elements are cast in JavaScript, which keeps the array of the other type; the sum with many then runs in the library.
cases['a cast of few elements among many'] = (d) => [
  tf.add(tf.cast(d.truth(4, 1), 'float32'), d.normal(4, 40)),
  tf.add(tf.cast(d.integer(5, 4, 1), 'float32'), d.normal(4, 40)),
  tf.add(tf.cast(d.truth(4, 1), 'int32'), d.integer(9, 4, 40)),
];

const gradients: Record<string, [number[][], (...xs: tf.Tensor[]) => tf.Tensor]> = {
  add: [[[5, 9], [9]], (a, b) => tf.add(a!, b!)],
  mul: [
    [
      [5, 9],
      [5, 1],
    ],
    (a, b) => tf.mul(a!, b!),
  ],
  div: [
    [
      [5, 9],
      [1, 9],
    ],
    (a, b) => tf.div(a!, tf.add(tf.square(b!), 1)),
  ],
  matMul: [
    [
      [7, 5],
      [6, 5],
    ],
    (a, b) => tf.matMul(a!, b!, false, true),
  ],
  'batched matMul': [
    [
      [2, 3, 7, 5],
      [2, 3, 5, 4],
    ],
    (a, b) => tf.matMul(a!, b!),
  ],
  softmax: [[[4, 11]], (x) => tf.softmax(x!)],
  'max of axis': [[[4, 11]], (x) => tf.max(x!, -1)],
  gather: [[[6, 7]], (x) => tf.gather(x!, tf.tensor1d([1, 4, 1, 0], 'int32'))],
  'concat and slice': [
    [
      [4, 6],
      [4, 5],
    ],
    (a, b) => tf.slice(tf.concat([a!, b!], 1), [1, 2], [2, 7]),
  ],
  layerNorm: [[[3, 7, 12], [12], [12]], (x, g, b) => layerNorm(x!, g!, b!, 1e-6)],
  relu: [[[5, 11]], (x) => relu(x!)],
  gelu: [[[5, 11]], (x) => gelu(x!)],
  quickGelu: [[[5, 11]], (x) => quickGelu(x!)],
  attention: [
    [
      [2, 3, 5, 8],
      [2, 3, 6, 8],
      [2, 3, 6, 8],
      [1, 3, 1, 6],
    ],
    (q, k, v, bias) => attention(q!, k!, v!, { bias: bias! }),
  ],
  crossEntropy: [
    [
      [6, 9],
      [6, 9],
    ],
    (x, t) => crossEntropy(x!, tf.softmax(t!)),
  ],
  batchNorm: [[[5, 7], [7], [7]], (x, g, b) => batchNormTraining(x!, g!, b!, 1e-5).y],
  'batchNorm of images': [[[2, 5, 3, 4], [5], [5]], (x, g, b) => batchNormTraining(x!, g!, b!, 1e-5).y],
  conv2d: [
    [
      [2, 3, 9, 7],
      [4, 3, 3, 3],
    ],
    (x, w) => conv2d(x!, w!, { padding: 1 }),
  ],
  'conv2d of stride 2': [
    [
      [2, 3, 9, 8],
      [4, 3, 3, 2],
    ],
    (x, w) => conv2d(x!, w!, { stride: 2, padding: [1, 0] }),
  ],
  'conv2d of dilation 2 and groups': [
    [
      [2, 4, 9, 8],
      [6, 2, 3, 3],
    ],
    (x, w) => conv2d(x!, w!, { dilation: 2, padding: 2, groups: 2 }),
  ],
  'conv2d of one pixel': [
    [
      [2, 3, 5, 4],
      [6, 3, 1, 1],
    ],
    (x, w) => conv2d(x!, w!),
  ],
  maxPool2d: [[[2, 3, 9, 7]], (x) => maxPool2d(x!, { size: 3, stride: 2, padding: 1 })],
};

const engine = onnxBackend({ threads: 1 });
interface Numbers {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly data: readonly number[];
}

const numbers = (result: tf.Tensor | tf.Tensor[]): Numbers[] =>
  (Array.isArray(result) ? result : [result]).map((each) => ({
    shape: each.shape,
    dtype: each.dtype,
    data: [...each.dataSync()] as number[],
  }));

async function onBoth<T>(run: () => T): Promise<{ expected: T; got: T }> {
  await useBackend(referenceBackend);
  const expected = tf.tidy(() => run() as never) as T;
  await useBackend(engine);
  return { expected, got: tf.tidy(() => run() as never) as T };
}

function expectClose(got: readonly Numbers[], expected: readonly Numbers[]): void {
  expect(got.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(expected.map(({ shape, dtype }) => ({ shape, dtype })));
  got.forEach(({ data }, i) => {
    const want = expected[i]!.data;
    const scale = Math.max(1, ...want.map((value) => (Number.isFinite(value) ? Math.abs(value) : 0)));
    data.forEach((value, k) => {
      const isClose = Object.is(value, want[k]) || value === want[k] || Math.abs(value - want[k]!) <= 1e-5 * scale;
      if (!isClose) expect.fail(`element ${k}: got ${value}, expected ${want[k]}`);
    });
  });
}

describe('kernels on ONNX Runtime', () => {
  beforeAll(() => useBackend(engine));
  afterAll(() => tf.disposeVariables());

  it.each(Object.entries(cases))('%s equals the JavaScript kernel', async (_name, make) => {
    const { expected, got } = await onBoth(() => numbers(make(new Draw())) as never);
    expectClose(got, expected);
  });

  it.each(Object.entries(gradients))('the gradient of %s equals that of the JavaScript kernels', async (_name, [shapes, f]) => {
    const { expected, got } = await onBoth(() => {
      const draw = new Draw();
      const inputs = shapes.map((shape) => draw.normal(...shape));
      const weights = draw.normal(...f(...inputs).shape);
      const all = tf.grads((...xs: tf.Tensor[]) => tf.sum(tf.mul(f(...xs), weights)))(inputs);
      return numbers(all) as never;
    });
    expectClose(got, expected);
  });

  it('fell back to JavaScript for none of them', () => {
    const slow = engine.info().slowKernels;
    expect(Object.keys(slow).filter((name) => name in kernelTable)).toEqual([]);
  });
});

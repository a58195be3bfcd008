import * as tf from '@tensorflow/tfjs';
import { referenceBackend, useBackend } from '@reidkit/core-tensor';
import { afterAll, describe, expect, it } from 'vitest';
import { engine, kernel, numbers, onBoth } from './both-engines.fixture.ts';
import { kernelTable } from './table.ts';

const FLOATS = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-6, -1e-6, 1e30, -1e30, 3e9, -3e9, 5e9, 100, -100, 18.3, -18.3, 88, -88, 7, 1e20]; // prettier-ignore
const WHOLES = [0, 1, -1, 2, -3, 7, -7, 46341, 65536, 2 ** 31 - 1, -(2 ** 31)];
const TRUTHS = [0, 1];

const UNARY = ['Abs', 'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Ceil', 'Cosh', 'Elu', 'Erf', 'Exp', 'Expm1', 'Floor', 'IsFinite', 'IsInf', 'IsNan', 'Log', 'Log1p', 'Neg', 'Reciprocal', 'Relu', 'Relu6', 'Round', 'Rsqrt', 'Selu', 'Sigmoid', 'Sign', 'Sinh', 'Softplus', 'Sqrt', 'Square', 'Tanh'] as const; // prettier-ignore
const ON_FLOATS = ['Add', 'Sub', 'Multiply', 'RealDiv', 'Maximum', 'Minimum', 'SquaredDifference', 'Mod', 'Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'] as const; // prettier-ignore
const ON_WHOLES = ['Add', 'Sub', 'Maximum', 'Minimum', 'FloorDiv', 'Mod', 'BitwiseAnd', 'Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'] as const; // prettier-ignore
const ON_TRUTHS = ['Multiply', 'Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'LogicalAnd', 'LogicalOr'] as const;

type Run = () => tf.Tensor[];

const cases: [string, Run][] = [];
const unary = (name: string, values: readonly number[], type: 'float32' | 'int32' | 'bool', attributes = {}): void =>
  void cases.push([`${name} ${type}`, () => kernel(name, { x: tf.tensor1d([...values], type) }, attributes)]);

/** A kernel on every pair of some values. */
const pairs = (name: string, values: readonly number[], type: 'float32' | 'int32' | 'bool', first = 'a', second = 'b'): void => {
  const a = values.flatMap((value) => values.map(() => value));
  const b = values.flatMap(() => [...values]);
  cases.push([`${name} ${type}`, () => kernel(name, { [first]: tf.tensor1d(a, type), [second]: tf.tensor1d(b, type) })]);
};

for (const name of UNARY) unary(name, FLOATS, 'float32');
for (const name of ['Neg', 'Relu', 'Relu6', 'Round', 'Sign'] as const) unary(name, WHOLES, 'int32');
unary('Step', FLOATS, 'float32', { alpha: 0.3 });
unary('LeakyRelu', FLOATS, 'float32', { alpha: 0.3 });
unary('ClipByValue', FLOATS, 'float32', { clipValueMin: -1, clipValueMax: 2 });
for (const dtype of ['float32', 'int32', 'bool'] as const) {
  unary('Cast', FLOATS, 'float32', { dtype });
  unary('Cast', WHOLES, 'int32', { dtype });
  unary('Cast', TRUTHS, 'bool', { dtype });
}
for (const name of ON_FLOATS) pairs(name, FLOATS, 'float32');
for (const name of ON_WHOLES) pairs(name, WHOLES, 'int32');
for (const name of ON_TRUTHS) pairs(name, TRUTHS, 'bool');
pairs('Prelu', FLOATS, 'float32', 'x', 'alpha');
pairs('EluGrad', FLOATS, 'float32', 'dy', 'y');
pairs('FloorDiv', FLOATS.filter((value) => !(Math.abs(value) >= 1e20 && Number.isFinite(value))), 'float32'); // prettier-ignore
pairs('Pow', [0, 1, 2, -3, 5, 20], 'int32');
pairs('Multiply', WHOLES.slice(0, 9), 'int32'); // above 2⁵³ JavaScript's product is off by its own rounding
pairs('Atan2', FLOATS.filter((value) => !Object.is(value, -0)), 'float32'); // prettier-ignore

const ROWS: Readonly<Record<string, readonly number[]>> = {
  'NaN inside': [1, NaN, 3],
  'NaN first': [NaN, 2, 3],
  'NaN last': [2, 1, NaN],
  'NaN inside a long row': [...Array(40).keys(), NaN, ...Array(50).keys()],
  infinities: [Infinity, -Infinity, 1],
  'all least': [-Infinity, -Infinity],
  'all largest': [Infinity, Infinity],
};
for (const [row, values] of Object.entries(ROWS)) {
  for (const [name, attributes] of [['Max', { reductionIndices: 0 }], ['Min', { axis: 0 }], ['Sum', { axis: 0 }], ['Mean', { axis: 0 }], ['Prod', { axis: 0 }]] as const) cases.push([`${name} of ${row}`, () => kernel(name, { x: tf.tensor1d([...values]) }, attributes)]); // prettier-ignore
  if (row === 'NaN first') continue; // JavaScript stays at a first NaN, and passes over all others
  for (const name of ['ArgMax', 'ArgMin'] as const) cases.push([`${name} of ${row}`, () => kernel(name, { x: tf.tensor1d([...values]) }, { axis: 0 })]); // prettier-ignore
}

cases.push(
  ['Softmax of rows of extremes', () => [tf.softmax(tf.tensor2d([[1, -Infinity, 2], [NaN, 1, 2], [1e4, 1, 2]]))]], // prettier-ignore
  ['padding with infinities, one after the other', () => [tf.pad(tf.tensor1d([1]), [[1, 1]], Infinity), tf.pad(tf.tensor1d([1]), [[1, 1]], -Infinity)]], // prettier-ignore
  ['segments of none', () => [tf.unsortedSegmentSum(tf.tensor1d([1, 2, 3, 4]), tf.tensor1d([0, -1, 2, 5], 'int32'), 3)]],
  ['topk of equals', () => { const { values, indices } = tf.topk(tf.tensor1d([2, 3, 3, 2, 3]), 4, true); return [values, indices]; }], // prettier-ignore
);

const isSame = (got: number, want: number): boolean =>
  Object.is(got, want) || got === want || Math.abs(got - want) <= Math.max(1e-7, 2e-6 * Math.abs(want));

afterAll(() => useBackend(referenceBackend));

describe('kernels on ONNX Runtime, with no numbers, infinities, overflow and division by zero', () => {
  it.each(cases)('%s is that of JavaScript', async (_name, run) => {
    const { expected, got } = await onBoth(() => numbers(run()));
    expect(got.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(expected.map(({ shape, dtype }) => ({ shape, dtype })));
    const wrong = got.flatMap(({ data }, i) => data.flatMap((value, k) => (isSame(value, expected[i]!.data[k]!) ? [] : [`${i}, ${k}: ${value}, not ${expected[i]!.data[k]}`]))); // prettier-ignore
    expect(wrong.slice(0, 5)).toEqual([]);
  });

  it('ran in the library', () => {
    expect(Object.keys(engine.info().slowKernels).filter((name) => name in kernelTable)).toEqual([]);
  });

  it.each([
    ['an index before the table', () => tf.gather(tf.tensor1d([1, 2, 3]), tf.tensor1d([-1], 'int32'))],
    ['an index behind the table', () => tf.gather(tf.tensor1d([1, 2, 3]), tf.tensor1d([3], 'int32'))],
    ['a place behind the table', () => tf.scatterND(tf.tensor2d([[3]], [1, 1], 'int32'), tf.tensor1d([1]), [3])],
    ['matrices that do not fit', () => tf.matMul(tf.ones([2, 3]), tf.ones([2, 3]))],
    ['a slice that is too long', () => tf.slice2d(tf.ones([4, 3]), [1, 1], [10, 10])],
  ])('refuses %s', async (_name, run) => {
    await useBackend(engine);
    expect(() => run().dataSync()).toThrow();
  });

  it('leaves tensors of no elements to JavaScript', async () => {
    await useBackend(engine);
    expect(tf.add(tf.zeros([0, 3]), 1).shape).toEqual([0, 3]);
    expect(tf.sum(tf.zeros([2, 0]), 1).arraySync()).toEqual([0, 0]);
    expect(tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 2])).arraySync()).toEqual([[0, 0], [0, 0]]); // prettier-ignore
  });
});

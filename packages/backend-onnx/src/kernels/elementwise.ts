import type { OnnxGraph, OnnxType, OnnxValue } from '../onnx/graph.ts';
import { ANY, areAlike, canBroadcast, type KernelAttributes, type KernelForm, type KernelTable, listOf, NUMBERS } from './kernel-form.ts';
import { clipped, toInt32 } from './whole-numbers.ts';

type Emit = (g: OnnxGraph, x: OnnxValue, attributes: KernelAttributes) => OnnxValue;

const each = (emit: Emit, types: readonly OnnxType[] = ['float32']): KernelForm => ({
  anyShape: true,
  types,
  emit: (g, { x }, attributes) => emit(g, x!, attributes),
});

const unary = (op: string, types?: readonly OnnxType[]): KernelForm => each((g, x) => g.unary(op, x), types);

const isNaN = (g: OnnxGraph, x: OnnxValue): OnnxValue => g.unary('IsNaN', x, {}, 'bool');
const isInfinite = (g: OnnxGraph, x: OnnxValue): OnnxValue => g.unary('IsInf', x, {}, 'bool');
const isBelow = (g: OnnxGraph, x: OnnxValue, bound: number): OnnxValue => g.binary('Less', x, g.scalar(bound), 'bool');

/** `exp(x) − 1` with the digits that the difference loses near zero: 2t / (1 − t) for t = tanh(x / 2). */
function expm1(g: OnnxGraph, x: OnnxValue): OnnxValue {
  const t = g.unary('Tanh', g.mul(x, 0.5));
  const near = g.div(g.mul(t, 2), g.sub(g.scalar(1), t));
  return g.where(isBelow(g, g.unary('Abs', x), 1), near, g.sub(g.unary('Exp', x), 1));
}

/** `log(1 + x)` with the digits that the sum loses near zero: 2 artanh(x / (2 + x)). */
function log1p(g: OnnxGraph, x: OnnxValue): OnnxValue {
  const near = g.mul(g.unary('Atanh', g.div(x, g.add(x, 2))), 2);
  return g.where(isBelow(g, g.unary('Abs', x), 1), near, g.unary('Log', g.add(x, 1)));
}

/** In float64: near its poles the tangent in float32 is off by more than the last digit, and the library has none in float64. */
function tangent(g: OnnxGraph, x: OnnxValue): OnnxValue {
  const wide = g.cast(x, 'float64');
  return g.cast(g.div(g.unary('Sin', wide), g.unary('Cos', wide)), 'float32');
}

/** 1 above zero and `alpha` elsewhere; NaN stays, by way of a zero that only it is not. */
function step(g: OnnxGraph, x: OnnxValue, { alpha }: KernelAttributes): OnnxValue {
  const isPositive = g.binary('Greater', x, g.scalar(0), 'bool');
  const steps = alpha === 0 ? g.cast(isPositive, 'float32') : g.where(isPositive, g.scalar(1), g.scalar(alpha as number));
  return g.add(steps, g.mul(clipped(g, x, -1, 1), 0));
}

/** The difference of two truths is 0 for NaN, as in JavaScript, and quicker than the library's own sign. */
function sign(g: OnnxGraph, x: OnnxValue): OnnxValue {
  const is = (op: string): OnnxValue => g.cast(g.binary(op, x, g.scalar(0, x.type), 'bool'), x.type);
  return g.sub(is('Greater'), is('Less'));
}

/** The library's own is 0 below −18, and so its logarithm −∞. */
const sigmoid = (g: OnnxGraph, x: OnnxValue): OnnxValue => g.unary('Reciprocal', g.add(g.unary('Exp', g.unary('Neg', x)), 1));

/** The library chooses among numbers only. */
function select(g: OnnxGraph, condition: OnnxValue, yes: OnnxValue, no: OnnxValue): OnnxValue {
  if (yes.type !== 'bool') return g.where(condition, yes, no);
  return g.binary('Or', g.binary('And', condition, yes), g.binary('And', g.unary('Not', condition), no));
}

const wholeBounds = ({ clipValueMin, clipValueMax }: KernelAttributes): boolean =>
  [clipValueMin, clipValueMax].every((bound) => Object.is((bound as number) | 0, bound));

/** Kernels that treat each element by itself. */
export const elementwise: KernelTable = {
  LogicalNot: unary('Not', ['bool']),
  Select: {
    types: ANY,
    takes: ({ condition, t, e }) =>
      condition!.type === 'bool' &&
      areAlike([t!, e!]) &&
      condition!.shape.length === t!.shape.length &&
      canBroadcast(condition!.shape, t!.shape),
    anyShape: true,
    emit: (g, { condition, t, e }) => select(g, condition!, t!, e!),
  },
  AddN: {
    anyShape: true,
    types: NUMBERS,
    takes: (inputs) => areAlike(listOf(inputs)),
    emit: (g, inputs) => Object.values(inputs).reduce((sum, value) => g.add(sum, value)),
  },
  Abs: unary('Abs', NUMBERS),
  Acos: unary('Acos'),
  Acosh: unary('Acosh'),
  Asin: unary('Asin'),
  Asinh: unary('Asinh'),
  Atan: unary('Atan'),
  Atanh: unary('Atanh'),
  Ceil: unary('Ceil'),
  Cos: unary('Cos'),
  Cosh: unary('Cosh'),
  Elu: unary('Elu'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Expm1: each(expm1),
  Floor: unary('Floor'),
  IsFinite: each((g, x) => g.unary('Not', g.binary('Or', isNaN(g, x), isInfinite(g, x)))),
  IsInf: each(isInfinite),
  IsNan: each(isNaN),
  LeakyRelu: each((g, x, { alpha }) => g.unary('LeakyRelu', g.cast(x, 'float32'), { alpha: { float: alpha as number } }), NUMBERS),
  Log: unary('Log'),
  Log1p: each(log1p),
  Neg: unary('Neg', NUMBERS),
  Reciprocal: unary('Reciprocal'),
  Relu: unary('Relu', NUMBERS),
  Relu6: each((g, x) => clipped(g, x, 0, 6), NUMBERS),
  Round: each((g, x) => (x.type === 'int32' ? x : g.unary('Round', x)), NUMBERS),
  Rsqrt: each((g, x) => g.unary('Reciprocal', g.unary('Sqrt', x))),
  Selu: unary('Selu'),
  Sigmoid: each(sigmoid),
  Sign: each(sign, NUMBERS),
  Sin: unary('Sin'),
  Sinh: unary('Sinh'),
  Softplus: unary('Softplus'),
  Sqrt: unary('Sqrt'),
  Square: each((g, x) => g.mul(x, x), NUMBERS),
  Tan: each(tangent),
  Tanh: unary('Tanh'),
  Step: each(step),
  ClipByValue: {
    anyShape: true,
    types: NUMBERS,
    takes: ({ x }, attributes) => x!.type === 'float32' || wholeBounds(attributes),
    emit: (g, { x }, { clipValueMin, clipValueMax }) => clipped(g, x!, clipValueMin as number, clipValueMax as number),
  },
  Cast: {
    anyShape: true,
    types: ANY,
    takes: (_inputs, { dtype }) => (ANY as readonly string[]).includes(dtype as string),
    emit: (g, { x }, { dtype }) => (x!.type === 'float32' && dtype === 'int32' ? toInt32(g, x!) : g.cast(x!, dtype as OnnxType)),
  },
};

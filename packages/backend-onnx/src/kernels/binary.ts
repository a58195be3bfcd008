import { broadcast, type OnnxGraph, type OnnxType, type OnnxValue } from '../onnx/graph.ts';
import { ANY, canBroadcast, type KernelForm, type KernelTable, NUMBERS } from './kernel-form.ts';
import { divideWhole, toInt32 } from './whole-numbers.ts';

type Emit = (g: OnnxGraph, a: OnnxValue, b: OnnxValue) => OnnxValue;

const pairOf = (emit: Emit, types: readonly OnnxType[] = NUMBERS): KernelForm => ({
  anyShape: true,
  types,
  takes: ({ a, b }) => a!.type === b!.type && canBroadcast(a!.shape, b!.shape),
  emit: (g, { a, b }) => emit(g, a!, b!),
});

const binary = (op: string, types?: readonly OnnxType[]): KernelForm => pairOf((g, a, b) => g.binary(op, a, b), types);

/** A comparison; truth values are compared as 0 and 1. */
const compare = (op: string): KernelForm => {
  const number = (g: OnnxGraph, x: OnnxValue): OnnxValue => (x.type === 'bool' ? g.cast(x, 'int32') : x);
  return pairOf((g, a, b) => g.binary(op, number(g, a), number(g, b), 'bool'), ANY);
};

/** Both in float64, in which JavaScript divides: in float32 a quotient just below a whole number is that number. */
const inFloat64 = (g: OnnxGraph, a: OnnxValue, b: OnnxValue): readonly [OnnxValue, OnnxValue] => [
  g.cast(a, 'float64'),
  g.cast(b, 'float64'),
];

function floorOfQuotient(g: OnnxGraph, a: OnnxValue, b: OnnxValue): OnnxValue {
  if (a.type === 'int32') return divideWhole(g, a, b).quotient;
  return toInt32(g, g.unary('Floor', g.div(...inFloat64(g, a, b))));
}

/** Remainder of the divisor's sign. */
function remainder(g: OnnxGraph, a: OnnxValue, b: OnnxValue): OnnxValue {
  if (a.type === 'int32') return divideWhole(g, a, b).remainder;
  const [dividend, divisor] = inFloat64(g, a, b);
  const modulo = (x: OnnxValue): OnnxValue => g.one('Mod', [x, divisor], broadcast(x.shape, b.shape), { fmod: 1 });
  const isNegative = (x: OnnxValue): OnnxValue => g.binary('Less', x, g.scalar(0), 'bool');
  const isSame = g.binary('Equal', isNegative(a), isNegative(b), 'bool');
  const rest = modulo(dividend);
  return g.cast(g.where(isSame, rest, modulo(g.add(rest, divisor))), 'float32');
}

/** The angle of a point, of the smaller over the larger of its sides; a zero has no sign here. */
function angle(g: OnnxGraph, y: OnnxValue, x: OnnxValue): OnnxValue {
  const high = g.unary('Abs', y);
  const wide = g.unary('Abs', x);
  const longer = g.binary('Max', high, wide);
  const shorter = g.binary('Min', high, wide);
  const isEqual = g.binary('Equal', shorter, longer, 'bool'); // the ratio of infinities and of zeros is no number
  const isZero = g.binary('Equal', longer, g.scalar(0), 'bool');
  const ratio = g.where(isZero, longer, g.where(isEqual, g.scalar(1), g.div(shorter, longer)));
  const flat = g.unary('Atan', ratio);
  const steep = g.where(g.binary('Greater', high, wide, 'bool'), g.sub(g.scalar(Math.PI / 2), flat), flat);
  const turned = g.where(g.binary('Less', x, g.scalar(0), 'bool'), g.sub(g.scalar(Math.PI), steep), steep);
  return g.where(g.binary('Less', y, g.scalar(0), 'bool'), g.unary('Neg', turned), turned);
}

/** Kernels of two inputs that broadcast. */
export const binaryKernels: KernelTable = {
  Add: binary('Add'),
  Sub: binary('Sub'),
  Multiply: pairOf((g, a, b) => (a.type === 'bool' ? g.binary('And', a, b) : g.mul(a, b)), ANY),
  RealDiv: binary('Div', ['float32']),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  // Powers of whole numbers go through int64, from which what is too large comes modulo 2³², as in JavaScript.
  Pow: pairOf((g, a, b) =>
    a.type === 'float32' ? g.binary('Pow', a, b) : g.cast(g.binary('Pow', g.cast(a, 'int64'), g.cast(b, 'int64')), 'int32'),
  ),
  SquaredDifference: pairOf((g, a, b) => {
    const difference = g.sub(a, b);
    return g.mul(difference, difference);
  }),
  FloorDiv: pairOf(floorOfQuotient),
  Mod: pairOf(remainder),
  Atan2: pairOf(angle, ['float32']),
  BitwiseAnd: binary('BitwiseAnd', ['int32']),
  Equal: pairOf((g, a, b) => g.binary('Equal', a, b, 'bool'), ANY),
  NotEqual: pairOf((g, a, b) => g.unary('Not', g.binary('Equal', a, b, 'bool')), ANY),
  Greater: compare('Greater'),
  GreaterEqual: compare('GreaterOrEqual'),
  Less: compare('Less'),
  LessEqual: compare('LessOrEqual'),
  LogicalAnd: binary('And', ['bool']),
  LogicalOr: binary('Or', ['bool']),
  Prelu: {
    anyShape: true,
    takes: ({ x, alpha }) => canBroadcast(x!.shape, alpha!.shape),
    emit: (g, { x, alpha }) => g.where(g.binary('Less', x!, g.scalar(0), 'bool'), g.mul(x!, alpha!), x!),
  },
  EluGrad: {
    anyShape: true,
    takes: ({ dy, y }) => canBroadcast(dy!.shape, y!.shape),
    emit: (g, { dy, y }) => g.where(g.binary('GreaterOrEqual', y!, g.scalar(0), 'bool'), dy!, g.mul(dy!, g.add(y!, 1))),
  },
};

import type { KernelAttributes } from '@reidkit/core-tensor';
import type { HloProgram } from '../stablehlo/program.ts';
import { canBroadcast } from '../stablehlo/shapes.ts';
import type { HloType, HloValue } from '../stablehlo/values.ts';
import { errorFunction } from './error-function.ts';
import { arcCosine, arcHyperbolicCosine, arcHyperbolicSine, arcHyperbolicTangent, arcSine, arcTangent, hyperbolicCosine, hyperbolicSine, tangent } from './angles.ts'; // prettier-ignore
import { ANY, areAlike, type KernelForm, type KernelTable, listOf, NUMBERS } from './kernel-form.ts';
import { toInt32 } from './whole-numbers.ts';

type Emit = (p: HloProgram, x: HloValue, attributes: KernelAttributes) => HloValue;

const each = (emit: Emit, types: readonly HloType[] = ['float32']): KernelForm => ({
  types,
  emit: (p, { x }, attributes) => emit(p, x!, attributes),
});

const unary = (op: string, types?: readonly HloType[]): KernelForm => each((p, x) => p.unary(op, x), types);

/** Of the class SELU: scale and slope (Klambauer et al. 2017, equation 2). */
const SELU = { scale: 1.0507009873554805, alpha: 1.6732632423543772 };

const isPositive = (p: HloProgram, x: HloValue): HloValue => p.compare('GT', x, 0);
const isNaN = (p: HloProgram, x: HloValue): HloValue => p.compare('NE', x, x);

/** 1 above zero and `alpha` elsewhere; NaN stays. */
function step(p: HloProgram, x: HloValue, { alpha }: KernelAttributes): HloValue {
  const low = p.where(isNaN(p, x), x, p.splat((alpha as number | undefined) ?? 0, x.shape));
  return p.where(isPositive(p, x), p.splat(1, x.shape), low);
}

/** The difference of two truths is 0 for NaN, as in JavaScript. */
const sign = (p: HloProgram, x: HloValue): HloValue => p.sub(p.convert(isPositive(p, x), x.type), p.convert(p.compare('LT', x, 0), x.type));

/** Written out, because an engine's own may be 0 where its logarithm is still wanted. */
export const sigmoid = (p: HloProgram, x: HloValue): HloValue =>
  p.div(p.splat(1, x.shape), p.add(p.unary('exponential', p.neg(x)), 1)); // prettier-ignore

const elu = (p: HloProgram, x: HloValue): HloValue => p.where(p.compare('GE', x, 0), x, p.unary('exponential_minus_one', x));

function leaky(p: HloProgram, x: HloValue, { alpha }: KernelAttributes): HloValue {
  const y = p.convert(x, 'float32');
  return p.where(p.compare('LT', y, 0), p.mul(y, alpha as number), y);
}

/** `log(1 + eˣ)` without overflow. */
function softplus(p: HloProgram, x: HloValue): HloValue {
  const tail = p.unary('log_plus_one', p.unary('exponential', p.neg(p.unary('abs', x))));
  return p.add(p.binary('maximum', x, 0), tail);
}

function cast(p: HloProgram, x: HloValue, { dtype }: KernelAttributes): HloValue {
  if (x.type === 'float32' && dtype === 'int32') return toInt32(p, x);
  return dtype === 'bool' && x.type !== 'bool' ? p.compare('NE', x, 0) : p.convert(x, dtype as HloType);
}

const wholeBounds = ({ clipValueMin, clipValueMax }: KernelAttributes): boolean =>
  [clipValueMin, clipValueMax].every((bound) => Object.is((bound as number) | 0, bound));

/** Kernels that treat each element by itself. */
export const elementwise: KernelTable = {
  LogicalNot: unary('not', ['bool']),
  Select: {
    types: ANY,
    takes: ({ condition, t, e }) =>
      condition!.type === 'bool' &&
      areAlike([t!, e!]) &&
      condition!.shape.length === t!.shape.length &&
      canBroadcast(condition!.shape, t!.shape),
    emit: (p, { condition, t, e }) => p.where(condition!, t!, e!),
  },
  AddN: {
    types: NUMBERS,
    takes: (inputs) => areAlike(listOf(inputs)),
    emit: (p, inputs) => listOf(inputs).reduce((sum, value) => p.add(sum, value)),
  },
  Abs: unary('abs', NUMBERS),
  Acos: each(arcCosine),
  Acosh: each(arcHyperbolicCosine),
  Asin: each(arcSine),
  Asinh: each(arcHyperbolicSine),
  Atan: each(arcTangent),
  Atanh: each(arcHyperbolicTangent),
  Ceil: unary('ceil'),
  Cos: unary('cosine'),
  Cosh: each(hyperbolicCosine),
  Elu: each(elu),
  Erf: each(errorFunction),
  Exp: unary('exponential'),
  Expm1: unary('exponential_minus_one'),
  Floor: unary('floor'),
  IsFinite: each((p, x) => p.unary('is_finite', x, 'bool')),
  IsInf: each((p, x) => p.compare('EQ', p.unary('abs', x), Infinity)),
  IsNan: each(isNaN),
  LeakyRelu: each(leaky, NUMBERS),
  Log: unary('log'),
  Log1p: unary('log_plus_one'),
  Neg: unary('negate', NUMBERS),
  Reciprocal: each((p, x) => p.div(p.splat(1, x.shape), x)),
  Relu: each((p, x) => p.binary('maximum', x, 0), NUMBERS),
  Relu6: each((p, x) => p.clamp(x, 0, 6), NUMBERS),
  Round: each((p, x) => (x.type === 'int32' ? x : p.unary('round_nearest_even', x)), NUMBERS),
  Rsqrt: unary('rsqrt'),
  Selu: each((p, x) => p.where(p.compare('GE', x, 0), p.mul(x, SELU.scale), p.mul(p.unary('exponential_minus_one', x), SELU.scale * SELU.alpha))), // prettier-ignore
  Sigmoid: each(sigmoid),
  Sign: each(sign, NUMBERS),
  Sin: unary('sine'),
  Sinh: each(hyperbolicSine),
  Softplus: each(softplus),
  Sqrt: unary('sqrt'),
  Square: each((p, x) => p.mul(x, x), NUMBERS),
  Tan: each(tangent),
  Tanh: unary('tanh'),
  Step: each(step),
  ClipByValue: {
    types: NUMBERS,
    takes: ({ x }, attributes) => x!.type === 'float32' || wholeBounds(attributes),
    emit: (p, { x }, { clipValueMin, clipValueMax }) => p.clamp(x!, clipValueMin as number, clipValueMax as number),
  },
  Cast: {
    types: ANY,
    takes: (_inputs, { dtype }) => (ANY as readonly string[]).includes(dtype as string),
    emit: (p, { x }, attributes) => cast(p, x!, attributes),
  },
};

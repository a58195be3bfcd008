import type { HloProgram } from '../stablehlo/program.ts';
import type { HloValue } from '../stablehlo/values.ts';

const sqrt = (p: HloProgram, x: HloValue): HloValue => p.unary('sqrt', x);
const exp = (p: HloProgram, x: HloValue): HloValue => p.unary('exponential', x);
const log = (p: HloProgram, x: HloValue): HloValue => p.unary('log', x);
const log1p = (p: HloProgram, x: HloValue): HloValue => p.unary('log_plus_one', x);
const one = (p: HloProgram, x: HloValue): HloValue => p.splat(1, x.shape, x.type);

/** Above this, 1 is lost beside a square in float32. */
const LARGE = 2 ** 30;

/** The angle of a tangent. */
export const arcTangent = (p: HloProgram, x: HloValue): HloValue => p.binary('atan2', x, one(p, x));

/** By half the angle, which keeps its digits near 1. */
export const arcCosine = (p: HloProgram, x: HloValue): HloValue =>
  p.mul(p.binary('atan2', sqrt(p, p.sub(one(p, x), x)), sqrt(p, p.add(one(p, x), x))), 2);

/** The angle of a sine. */
export function arcSine(p: HloProgram, x: HloValue): HloValue {
  const cosine = sqrt(p, p.mul(p.sub(one(p, x), x), p.add(one(p, x), x)));
  return p.binary('atan2', x, cosine);
}

/** `log(x + √(x² − 1))`, by the distance from 1 where its square does not overflow. */
export function arcHyperbolicCosine(p: HloProgram, x: HloValue): HloValue {
  const t = p.sub(x, 1);
  const near = log1p(p, p.add(t, sqrt(p, p.mul(t, p.add(t, 2)))));
  const above = p.where(p.compare('GT', x, LARGE), p.add(log(p, x), Math.LN2), near);
  return p.where(p.compare('LT', x, 1), p.splat(NaN, x.shape), above);
}

/** `log(x + √(x² + 1))` of the magnitude, with the sign of `x`. */
export function arcHyperbolicSine(p: HloProgram, x: HloValue): HloValue {
  const size = p.unary('abs', x);
  const squared = p.mul(size, size);
  const near = log1p(p, p.add(size, p.div(squared, p.add(sqrt(p, p.add(squared, 1)), 1))));
  const positive = p.where(p.compare('GT', size, LARGE), p.add(log(p, size), Math.LN2), near);
  return p.where(p.compare('LT', x, 0), p.neg(positive), positive);
}

/** `½ log((1 + x) / (1 − x))` */
export const arcHyperbolicTangent = (p: HloProgram, x: HloValue): HloValue => p.mul(p.sub(log1p(p, x), log1p(p, p.neg(x))), 0.5);

/** Half of `eˣ`, which overflows later than `eˣ`. */
const halfExp = (p: HloProgram, x: HloValue): HloValue => exp(p, p.sub(x, Math.LN2));

/** `½ (eˣ + e⁻ˣ)` */
export const hyperbolicCosine = (p: HloProgram, x: HloValue): HloValue => p.add(halfExp(p, x), halfExp(p, p.neg(x)));

/** `½ (eˣ − e⁻ˣ)`, near zero by `eˣ − 1`, which keeps its digits there. */
export function hyperbolicSine(p: HloProgram, x: HloValue): HloValue {
  const grown = p.unary('exponential_minus_one', x);
  const near = p.mul(p.add(grown, p.div(grown, p.add(grown, 1))), 0.5);
  return p.where(p.compare('LT', p.unary('abs', x), 1), near, p.sub(halfExp(p, x), halfExp(p, p.neg(x))));
}

/** In float64: near its poles the tangent in float32 is off by more than the last digit. */
export function tangent(p: HloProgram, x: HloValue): HloValue {
  const wide = p.convert(x, 'float64');
  return p.convert(p.div(p.unary('sine', wide), p.unary('cosine', wide)), 'float32');
}

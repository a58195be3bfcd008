import type { HloProgram } from '../stablehlo/program.ts';
import type { HloValue } from '../stablehlo/values.ts';

const BEYOND = 2 ** 62;

/**
 * Whole numbers as JavaScript makes them of floating-point ones: towards zero, modulo 2³², and 0 for what is no number. Above 2⁶² all
 * float32 are multiples of 2³², so that numbers may stop there on the way through int64, which holds them.
 */
export function toInt32(p: HloProgram, x: HloValue): HloValue {
  const known = p.where(p.compare('EQ', x, x), x, 0);
  return p.convert(p.convert(p.clamp(known, -BEYOND, BEYOND), 'int64'), 'int32');
}

/** Quotient and remainder of int32 as JavaScript's `Math.floor(a / b)` and a remainder of the divisor's sign; both are 0 where the divisor is. */
export function divideWhole(p: HloProgram, a: HloValue, b: HloValue): { readonly quotient: HloValue; readonly remainder: HloValue } {
  const isZero = p.compare('EQ', b, 0);
  const divisor = p.where(isZero, p.splat(1, b.shape, 'int32'), b);
  const towardsZero = p.binary('remainder', a, divisor);
  const isOther = p.binary(
    'and',
    p.compare('NE', towardsZero, 0),
    p.compare('NE', p.compare('LT', towardsZero, 0), p.compare('LT', divisor, 0)),
  );
  const quotient = p.binary('divide', a, divisor);
  return {
    quotient: p.where(isZero, p.splat(0, quotient.shape, 'int32'), p.where(isOther, p.sub(quotient, 1), quotient)),
    remainder: p.where(isZero, p.splat(0, quotient.shape, 'int32'), p.where(isOther, p.add(towardsZero, divisor), towardsZero)),
  };
}

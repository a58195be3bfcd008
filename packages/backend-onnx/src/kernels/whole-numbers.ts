import type { OnnxGraph, OnnxValue } from '../onnx/graph.ts';

const BEYOND = 2 ** 62;
const LOWER_HALF = 2 ** 32 - 1;

/**
 * Whole numbers as JavaScript makes them of float32 (and of float64 below 2⁶²): towards zero, modulo 2³², and 0 for what is no number. Above 2⁶² all float32 are
 * multiples of 2³², so that numbers may stop there on the way through int64, which holds them.
 */
export function toInt32(g: OnnxGraph, x: OnnxValue): OnnxValue {
  const wide = g.cast(clipped(g, x, -BEYOND, BEYOND), 'int64');
  return g.cast(g.binary('BitwiseAnd', wide, g.scalar(LOWER_HALF, 'int64')), 'int32'); // the library leaves out a cast that follows a cast
}

/** The nearest number between two bounds, of the type of `x`; NaN stays. */
export const clipped = (g: OnnxGraph, x: OnnxValue, least: number, most: number): OnnxValue =>
  g.one('Clip', [x, g.scalar(least, x.type), g.scalar(most, x.type)], x.shape);

/** Quotient and remainder of int32 as JavaScript's `Math.floor(a / b)` and a remainder of the divisor's sign; both are 0 where the divisor is. */
export function divideWhole(g: OnnxGraph, a: OnnxValue, b: OnnxValue): { readonly quotient: OnnxValue; readonly remainder: OnnxValue } {
  // int64 also holds −2³¹ / −1. A processor stops at a division by zero.
  const divisor = g.cast(b, 'int64');
  const isZero = g.binary('Equal', divisor, g.scalar(0, 'int64'), 'bool');
  const safe = g.where(isZero, g.scalar(1, 'int64'), divisor);
  const dividend = g.cast(a, 'int64');
  const remainder = g.binary('Mod', dividend, safe);
  const exact = g.div(g.sub(dividend, remainder), safe);
  const quotient = g.where(isZero, g.scalar(0, 'int64'), exact);
  return { quotient: g.cast(quotient, 'int32'), remainder: g.cast(remainder, 'int32') };
}

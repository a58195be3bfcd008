import type { HloProgram } from '../stablehlo/program.ts';
import type { HloValue } from '../stablehlo/values.ts';

// The quotient of polynomials by which XLA and Eigen have erf in float32 on [−3.7439, 3.7439], beyond which it is ±1: highest power first.
const ABOVE = [0.000229050659, 0.00340829101, 0.0509556951, 0.185208322, 1.12837914];
const BELOW = [-1.1791603e-7, 2.35479665e-5, 0.00101796253, 0.0140704702, 0.110985052, 0.497469251, 1]; // prettier-ignore
const EDGE = 3.74392116;

const polynomial = (p: HloProgram, x: HloValue, [first, ...rest]: readonly number[]): HloValue =>
  rest.reduce((sum, factor) => p.add(p.mul(sum, x), factor), p.splat(first!, x.shape));

/** The error function in plain operations: plugins do not know it as one. */
export function errorFunction(p: HloProgram, x: HloValue): HloValue {
  const inside = p.clamp(x, -EDGE, EDGE);
  const squared = p.mul(inside, inside);
  return p.div(p.mul(inside, polynomial(p, squared, ABOVE)), polynomial(p, squared, BELOW));
}

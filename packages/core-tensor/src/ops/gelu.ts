import { add, erf, exp, mul, sigmoid, square, sub, type Tensor } from '../tensor.ts';
import { fused } from './fused.ts';

const ROOT_HALF = Math.SQRT1_2;
const INVERSE_ROOT_TWO_PI = 1 / Math.sqrt(2 * Math.PI);
const QUICK = 1.702;

const geluGrad = fused({
  name: 'ReidGeluGrad',
  composite: ({ x, dy }) => {
    const below = mul(add(erf(mul(x!, ROOT_HALF)), 1), 0.5);
    const density = mul(exp(mul(square(x!), -0.5)), INVERSE_ROOT_TWO_PI);
    return [mul(dy!, add(below, mul(x!, density)))];
  },
});

const runGelu = fused({
  name: 'ReidGelu',
  composite: ({ x }) => [mul(mul(x!, 0.5), add(erf(mul(x!, ROOT_HALF)), 1))],
  saves: { inputs: ['x'] },
  gradient: ({ gradients, inputs }) => ({ x: geluGrad({ x: inputs.x!, dy: gradients[0]! })[0]! }),
});

const quickGeluGrad = fused({
  name: 'ReidQuickGeluGrad',
  composite: ({ y, gate, dy }) => {
    const gated = mul(gate!, dy!);
    return [add(gated, mul(mul(y!, QUICK), sub(dy!, gated)))];
  },
});

const runQuickGelu = fused({
  name: 'ReidQuickGelu',
  composite: ({ x }) => {
    const gate = sigmoid(mul(x!, QUICK));
    return [mul(x!, gate), gate];
  },
  saves: { outputs: [true, true] },
  gradient: ({ gradients, outputs }) => ({ x: quickGeluGrad({ y: outputs[0]!, gate: outputs[1]!, dy: gradients[0]! })[0]! }),
});

/** Exact GELU, `x Φ(x)` by the error function: any shape → the same. */
export function gelu(x: Tensor): Tensor {
  return runGelu({ x })[0]!;
}

/** CLIP's GELU, `x σ(1.702 x)`: any shape → the same. */
export function quickGelu(x: Tensor): Tensor {
  return runQuickGelu({ x })[0]!;
}

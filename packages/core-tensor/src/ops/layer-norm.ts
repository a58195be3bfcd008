import { add, mean, mul, reshape, rsqrt, square, sub, sum, type Tensor } from '../tensor.ts';
import { fused } from './fused.ts';

const grad = fused({
  name: 'ReidLayerNormGrad',
  composite: ({ x, gamma, mean: center, inverse, dy }) => {
    const width = x!.shape.at(-1)!;
    const normal = mul(sub(x!, center!), inverse!);
    const scaled = mul(dy!, gamma!);
    const inner = sub(sub(scaled, mean(scaled, -1, true)), mul(normal, mean(mul(scaled, normal), -1, true)));
    const rows = (value: Tensor): Tensor => reshape(value, [-1, width]);
    return [mul(inner, inverse!), sum(rows(mul(dy!, normal)), 0), sum(rows(dy!), 0)];
  },
});

const run = fused({
  name: 'ReidLayerNorm',
  composite: ({ x, gamma, beta }, { epsilon }) => {
    const center = mean(x!, -1, true);
    const centered = sub(x!, center);
    const inverse = rsqrt(add(mean(square(centered), -1, true), epsilon as number));
    return [add(mul(mul(centered, inverse), gamma!), beta!), center, inverse];
  },
  saves: { inputs: ['x', 'gamma'], outputs: [false, true, true] },
  gradient: ({ gradients, inputs, outputs }) => {
    const [dx, dGamma, dBeta] = grad({ x: inputs.x!, gamma: inputs.gamma!, mean: outputs[0]!, inverse: outputs[1]!, dy: gradients[0]! });
    return { x: dx!, gamma: dGamma!, beta: dBeta! };
  },
});

/** Normalises the last axis: `x [..., D]`, `gamma [D]`, `beta [D]` → `[..., D]`, with the biased variance as PyTorch takes it. */
export function layerNorm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): Tensor {
  return run({ x, gamma, beta }, { epsilon })[0]!;
}

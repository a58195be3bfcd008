import { add, mean, mul, reshape, rsqrt, square, sub, sum, type Tensor } from '../tensor.ts';
import { ReidError } from '../errors.ts';
import { formatShape, sizeOf } from '../host-tensor.ts';
import { fused } from './fused.ts';

/** `[C]` as it broadcasts against `[B, C, ...]`. */
function perChannel(value: Tensor, rank: number): Tensor {
  return reshape(value, [1, -1, ...Array<number>(Math.max(0, rank - 2)).fill(1)]);
}

/** Every axis but the second. */
function otherAxes(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== 1);
}

const grad = fused({
  name: 'ReidBatchNormGrad',
  composite: ({ x, gamma, mean: center, inverse, dy }) => {
    const rank = x!.rank;
    const axes = otherAxes(rank);
    const count = x!.size / x!.shape[1]!;
    const normal = mul(sub(x!, perChannel(center!, rank)), perChannel(inverse!, rank));
    const dBeta = sum(dy!, axes);
    const dGamma = sum(mul(dy!, normal), axes);
    const inner = sub(sub(dy!, perChannel(mul(dBeta, 1 / count), rank)), mul(normal, perChannel(mul(dGamma, 1 / count), rank)));
    return [mul(inner, perChannel(mul(gamma!, inverse!), rank)), dGamma, dBeta];
  },
});

const run = fused({
  name: 'ReidBatchNorm',
  composite: ({ x, gamma, beta }, { epsilon }) => {
    const rank = x!.rank;
    const axes = otherAxes(rank);
    const center = mean(x!, axes);
    const centered = sub(x!, perChannel(center, rank));
    const variance = mean(square(centered), axes);
    const inverse = rsqrt(add(variance, epsilon as number));
    const y = add(mul(centered, perChannel(mul(inverse, gamma!), rank)), perChannel(beta!, rank));
    return [y, center, variance, inverse];
  },
  saves: { inputs: ['x', 'gamma'], outputs: [false, true, false, true] },
  gradient: ({ gradients, inputs, outputs }) => {
    const [dx, dGamma, dBeta] = grad({ x: inputs.x!, gamma: inputs.gamma!, mean: outputs[0]!, inverse: outputs[1]!, dy: gradients[0]! });
    return { x: dx!, gamma: dGamma!, beta: dBeta! };
  },
});

/** What {@link batchNormTraining} gives: the output, and the batch's mean and biased variance `[C]` (no gradient flows through those two). */
export interface BatchNormResult {
  readonly y: Tensor;
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * Batch normalisation by the batch's own statistics: `x [B, C]` or `[B, C, H, W]`, `gamma, beta [C]`.
 * Throws SHAPE_MISMATCH when there is one value per channel only: it has no variance.
 */
export function batchNormTraining(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): BatchNormResult {
  if (sizeOf(x.shape) / x.shape[1]! < 2) {
    throw new ReidError('SHAPE_MISMATCH', `batchNorm expected more than one value per channel in training, got ${formatShape(x.shape)}.`, {
      hint: 'use batches of at least two images, or evaluate the layer with its running statistics.',
    });
  }
  const [y, center, variance] = run({ x, gamma, beta }, { epsilon });
  return { y: y!, mean: center!, variance: variance! };
}

/** Batch normalisation by given statistics: `x [B, C, ...]`, everything else `[C]`. */
export function batchNormInference(x: Tensor, gamma: Tensor, beta: Tensor, center: Tensor, variance: Tensor, epsilon: number): Tensor {
  const scale = mul(gamma, rsqrt(add(variance, epsilon)));
  const shift = sub(beta, mul(center, scale));
  return add(mul(x, perChannel(scale, x.rank)), perChannel(shift, x.rank));
}

import { add, cast, greater, mul, reshape, softmax, stopGradient, tensor, zeros, type Tensor } from '@reidkit/core-tensor';
import type { Confidence } from '@reidkit/encoders';

/** How regions are weighed. */
export interface RegionWeightOptions {
  /** Whether the discrimination-aware indicator counts. */
  readonly dai: boolean;
  /** Whether the invariance-aware indicator counts. */
  readonly iai: boolean;
  /** What every region weighs without indicators: 1, or 1 / N. */
  readonly uniform: 'one' | 'share';
  /** Factor of each region in matching `[N]`. */
  readonly prior?: readonly number[] | undefined;
}

/** Weights of regions, each `[B, N]`. */
export interface RegionWeights {
  /** In the identity loss. */
  readonly loss: Tensor;
  /** In matching, as the paper's equations have it. */
  readonly softmax: Tensor;
  /** In matching, as the paper's figure 4 has it. */
  readonly mean: Tensor;
}

/** Regions with less of a map say nothing. */
const LEAST_MASS = 1e-6;

/**
 * Weights of regions from their indicators: both added up, or one alone, or the same for all. A region without mass weighs nothing.
 * `alpha`, `beta`, `mass` `[B, N]` → `[B, N]`.
 * @see "Region Generation and Assessment Network for Occluded Person Re-Identification", sections III-D and IV-E; Table V for one indicator.
 */
export function regionWeights({ alpha, beta, softmax: both, mean }: Confidence, mass: Tensor, options: RegionWeightOptions): RegionWeights {
  const { dai, iai, uniform, prior } = options;
  const [B, N] = mass.shape as [number, number];
  const valid = cast(greater(stopGradient(mass), LEAST_MASS), 'float32');
  const of = (loss: Tensor, mean: Tensor): RegionWeights => {
    const counted = mul(loss, valid);
    const preferred = (weights: Tensor): Tensor => (prior ? mul(weights, reshape(tensor([...prior]), [1, N])) : weights);
    return { loss: counted, softmax: preferred(counted), mean: preferred(mul(mean, valid)) };
  };
  if (dai && iai) return of(both, mean);
  if (dai) return of(softmax(alpha), alpha);
  if (iai) return of(beta, beta);
  const same = add(zeros([B, N]), uniform === 'one' ? 1 : 1 / N);
  return of(same, same);
}

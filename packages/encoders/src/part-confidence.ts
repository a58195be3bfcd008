import {
  Module, add, linear, matMul, matchShape, maximum, mul, normalInit, normalizeRows, parameter, reshape, sigmoid, softmax, stopGradient, sum, tensor, zerosInit,
  type Context, type Parameter, type Tensor,
} from '@reidkit/core-tensor'; // prettier-ignore

/** How near a part is to what the memory holds of it. */
export type Invariance = 'overParts' | 'overCentres' | 'cosine';

/** Options of a {@link PartConfidence}. */
export interface PartConfidenceOptions {
  /** Width of the parts, D. */
  readonly width: number;
  /** Whether the score has a bias. Default: false. */
  readonly hasBias?: boolean;
  /**
   * `overParts`: softmax over the parts of an image of their cosines with their own centres; `overCentres`: softmax over the centres of `scale` times
   * the cosine, at the part's own; `cosine`: the cosine, at least 0. Default: `overParts`.
   */
  readonly invariance?: Invariance;
  /** Factor of the cosines of `overCentres`. Default: 20. */
  readonly scale?: number;
  /** Least length of a vector that a cosine divides by. Default: 1e-12. */
  readonly epsilon?: number;
}

/** What a {@link PartConfidence} gives, each `[B, P]`. */
export interface Confidence {
  /** How well the part tells people apart, learned, in (0, 1). */
  readonly alpha: Tensor;
  /** How much the part looks like itself elsewhere, in [0, 1]; no gradient flows through it. */
  readonly beta: Tensor;
  /** Softmax of their sum over the parts. */
  readonly softmax: Tensor;
  /** Their mean, for matching. */
  readonly mean: Tensor;
}

/** How much each part of an image can be trusted: a learned score and the nearness to the memory of the part. */
export class PartConfidence extends Module {
  /** `[1, D]` */
  readonly weight: Parameter;
  /** `[1]` */
  readonly bias: Parameter | undefined;
  readonly #options: Required<Pick<PartConfidenceOptions, 'invariance' | 'scale' | 'epsilon'>>;

  constructor({ width, hasBias = false, invariance = 'overParts', scale = 20, epsilon = 1e-12 }: PartConfidenceOptions) {
    super();
    this.weight = parameter([1, width], normalInit(0.001));
    this.bias = hasBias ? parameter([1], zerosInit) : undefined;
    this.#options = { invariance, scale, epsilon };
  }

  /**
   * `parts [B, P, D]`, `centres [P, D]` → `[B, P]` each. Throws SHAPE_MISMATCH.
   * @see "Region Generation and Assessment Network for Occluded Person Re-Identification", Eq. 4 and 6, section III-D.
   */
  forward(parts: Tensor, centres: Tensor, _ctx: Context): Confidence {
    const { B, P, D } = matchShape('PartConfidence (parts)', parts.shape, ['B', 'P', 'D']);
    matchShape('PartConfidence (centres)', centres.shape, [P, D]);
    const alpha = sigmoid(reshape(linear(parts, this.weight.value, this.bias?.value), [B, P]));
    const beta = this.#invariance(stopGradient(parts), stopGradient(centres));
    const both = add(alpha, beta);
    return { alpha, beta, softmax: softmax(both), mean: mul(both, 0.5) };
  }

  #invariance(parts: Tensor, centres: Tensor): Tensor {
    const { invariance, scale, epsilon } = this.#options;
    const [B, P, D] = parts.shape as [number, number, number];
    const unit = normalizeRows(parts, epsilon);
    const directions = normalizeRows(centres, epsilon);
    if (invariance === 'overCentres') {
      const all = reshape(matMul(reshape(unit, [B * P, D]), directions, false, true), [B, P, P]);
      return diagonal(softmax(mul(all, scale)));
    }
    const own = sum(mul(unit, reshape(directions, [1, P, D])), 2);
    return invariance === 'cosine' ? maximum(own, 0) : softmax(own);
  }
}

/** `[B, P, P] → [B, P]` */
function diagonal(x: Tensor): Tensor {
  const count = x.shape[2]!;
  const identity = Float32Array.from({ length: count ** 2 }, (_, at) => Number(at % (count + 1) === 0));
  return sum(mul(x, tensor(identity, [1, count, count])), 2);
}

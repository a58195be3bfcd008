import {
  Module,
  add,
  mean,
  mul,
  onesInit,
  parameter,
  rsqrt,
  square,
  type Context,
  type Parameter,
  type Tensor,
} from '@reidkit/core-tensor';

/**
 * Divides each token by the root of its mean square, then scales each channel.
 * @see Zhang and Sennrich, "Root Mean Square Layer Normalization" (2019), Eq. 4.
 */
export class RmsNorm extends Module {
  /** `[D]` */
  readonly weight: Parameter;
  readonly #epsilon: number;

  constructor({ width, epsilon = 1e-5 }: { readonly width: number; readonly epsilon?: number }) {
    super();
    this.weight = parameter([width], onesInit);
    this.#epsilon = epsilon;
  }

  /** `[..., D] → [..., D]` */
  forward(x: Tensor, _ctx: Context): Tensor {
    return mul(mul(x, rsqrt(add(mean(square(x), -1, true), this.#epsilon))), this.weight.value);
  }
}

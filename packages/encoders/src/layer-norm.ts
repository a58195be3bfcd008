import { Module, layerNorm, onesInit, parameter, zerosInit, type Context, type Parameter, type Tensor } from '@reidkit/core-tensor';

/** Normalises each token to mean 0 and variance 1, then scales and shifts each channel. */
export class LayerNorm extends Module {
  /** `[D]` */
  readonly weight: Parameter;
  /** `[D]` */
  readonly bias: Parameter;
  readonly #epsilon: number;

  constructor({ width, epsilon = 1e-6 }: { readonly width: number; readonly epsilon?: number }) {
    super();
    this.weight = parameter([width], onesInit);
    this.bias = parameter([width], zerosInit);
    this.#epsilon = epsilon;
  }

  /** `[..., D] → [..., D]` */
  forward(x: Tensor, _ctx: Context): Tensor {
    return layerNorm(x, this.weight.value, this.bias.value, this.#epsilon);
  }
}

import { Module, gelu, type Context, type Tensor } from '@reidkit/core-tensor';
import { Linear, type TokenMap } from '@reidkit/encoders';

/** Sizes of a {@link TwoLayerMlp}. */
export interface TwoLayerMlpOptions {
  /** Width of what it takes and gives, D. */
  readonly width: number;
  /** Width between the layers. */
  readonly hidden: number;
  /** Default: exact GELU. */
  readonly activation?: (x: Tensor) => Tensor;
}

/** Two-layer perceptron under SAM's names. */
export class TwoLayerMlp extends Module implements TokenMap {
  readonly lin1: TokenMap;
  readonly lin2: TokenMap;
  readonly #activation: (x: Tensor) => Tensor;

  constructor({ width, hidden, activation = gelu }: TwoLayerMlpOptions) {
    super();
    this.lin1 = new Linear({ inputs: width, outputs: hidden });
    this.lin2 = new Linear({ inputs: hidden, outputs: width });
    this.#activation = activation;
  }

  /** `[..., D] → [..., D]` */
  forward(x: Tensor, ctx: Context): Tensor {
    return this.lin2.forward(this.#activation(this.lin1.forward(x, ctx)), ctx);
  }
}

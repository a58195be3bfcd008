import { Module, gelu, type Context, type Tensor } from '@reidkit/core-tensor';
import type { TokenMap } from './token-layer.ts';

/** Parts of an {@link Mlp}. */
export interface MlpParts {
  readonly fc1: TokenMap;
  readonly fc2: TokenMap;
  /** Default: exact GELU. */
  readonly activation?: (x: Tensor) => Tensor;
}

/** Two-layer perceptron, named as in timm. */
export class Mlp extends Module {
  readonly fc1: TokenMap;
  readonly fc2: TokenMap;
  readonly #activation: (x: Tensor) => Tensor;

  constructor({ fc1, fc2, activation = gelu }: MlpParts) {
    super();
    this.fc1 = fc1;
    this.fc2 = fc2;
    this.#activation = activation;
  }

  /** `[..., D] → [..., D]` */
  forward(x: Tensor, ctx: Context): Tensor {
    return this.fc2.forward(this.#activation(this.fc1.forward(x, ctx)), ctx);
  }
}

import { Module, linear, parameter, truncatedNormalInit, zerosInit, type Context, type Head, type Initializer, type Parameter, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore

/** Sizes and first values of a {@link Linear}. */
export interface LinearOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Default: true. */
  readonly hasBias?: boolean;
  /** Default: normal, deviation 0.02, cut at ±2. */
  readonly initialize?: Initializer;
}

/** `y = x Wᵀ + b`, with the weight as PyTorch stores it. */
export class Linear extends Module implements Head {
  /** `[out, in]` */
  readonly weight: Parameter;
  /** `[out]` */
  readonly bias: Parameter | undefined;

  constructor({ inputs, outputs, hasBias = true, initialize = truncatedNormalInit(0.02) }: LinearOptions) {
    super();
    this.weight = parameter([outputs, inputs], initialize);
    this.bias = hasBias ? parameter([outputs], zerosInit) : undefined;
  }

  /** Width of what it gives. */
  get width(): number {
    return this.weight.shape[0]!;
  }

  /** `[..., in] → [..., out]`. Throws SHAPE_MISMATCH. */
  forward(x: Tensor, _ctx: Context): Tensor {
    return linear(x, this.weight.value, this.bias?.value);
  }
}

import { Module, add, conv2d, kaimingFanOut, parameter, reshape, zerosInit, type Context, type Initializer, type Parameter, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore

/** Sizes, in pixels, and first values of a {@link Conv2d}. */
export interface Conv2dParts {
  readonly inputs: number;
  readonly outputs: number;
  /** Height and width of the kernel. */
  readonly size: number;
  readonly stride?: number;
  readonly padding?: number;
  /** Groups of channels that do not see each other. Default: 1. */
  readonly groups?: number;
  /** Default: false. */
  readonly hasBias?: boolean;
  /** Default: He's normal distribution by the fan-out. */
  readonly initialize?: Initializer;
}

/** Convolution, laid out and stored as in PyTorch. */
export class Conv2d extends Module {
  /** `[O, C / groups, h, w]` */
  readonly weight: Parameter;
  /** `[O]` */
  readonly bias: Parameter | undefined;
  readonly #stride: number;
  readonly #padding: number;
  readonly #groups: number;

  constructor({ inputs, outputs, size, stride = 1, padding = 0, groups = 1, hasBias = false, initialize = kaimingFanOut }: Conv2dParts) {
    super();
    this.weight = parameter([outputs, inputs / groups, size, size], initialize);
    this.bias = hasBias ? parameter([outputs], zerosInit) : undefined;
    this.#stride = stride;
    this.#padding = padding;
    this.#groups = groups;
  }

  /** `[B, C, H, W] → [B, O, H', W']` */
  forward(x: Tensor, _ctx: Context): Tensor {
    const y = conv2d(x, this.weight.value, { stride: this.#stride, padding: this.#padding, groups: this.#groups });
    return this.bias ? add(y, reshape(this.bias.value, [1, -1, 1, 1])) : y;
  }
}

import { Module, add, matMul, parameter, reshape, transpose, uniformInit, zerosInit, type Context, type Parameter, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore

/** Transposed convolution that makes a map twice as large: kernel and stride are 2, so each place becomes four of its own. */
export class DoublingConv extends Module {
  /** `[C, O, 2, 2]` */
  readonly weight: Parameter;
  /** `[O]` */
  readonly bias: Parameter;

  constructor({ inputs, outputs }: { readonly inputs: number; readonly outputs: number }) {
    super();
    this.weight = parameter([inputs, outputs, 2, 2], uniformInit((outputs * 4) ** -0.5));
    this.bias = parameter([outputs], zerosInit);
  }

  /** `[B, C, H, W] → [B, O, 2 H, 2 W]` */
  forward(x: Tensor, _ctx: Context): Tensor {
    const [batch, inputs, height, width] = x.shape as [number, number, number, number];
    const outputs = this.bias.shape[0]!;
    const rows = reshape(transpose(x, [0, 2, 3, 1]), [batch * height * width, inputs]);
    const four = matMul(rows, reshape(this.weight.value, [inputs, outputs * 4]));
    const apart = transpose(reshape(four, [batch, height, width, outputs, 2, 2]), [0, 3, 1, 4, 2, 5]);
    return add(reshape(apart, [batch, outputs, 2 * height, 2 * width]), reshape(this.bias.value, [1, outputs, 1, 1]));
  }
}

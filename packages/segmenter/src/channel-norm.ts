import {
  Module,
  layerNorm,
  onesInit,
  parameter,
  transpose,
  zerosInit,
  type Context,
  type Parameter,
  type Tensor,
} from '@reidkit/core-tensor';

/** Normalises the channels of each place of a map, as SAM's `LayerNorm2d`. */
export class ChannelNorm extends Module {
  /** `[C]` */
  readonly weight: Parameter;
  /** `[C]` */
  readonly bias: Parameter;

  constructor(channels: number) {
    super();
    this.weight = parameter([channels], onesInit);
    this.bias = parameter([channels], zerosInit);
  }

  /** `[B, C, H, W] → [B, C, H, W]` */
  forward(x: Tensor, _ctx: Context): Tensor {
    const normal = layerNorm(transpose(x, [0, 2, 3, 1]), this.weight.value, this.bias.value, 1e-6);
    return transpose(normal, [0, 3, 1, 2]);
  }
}

import { Module, add, concat, mean, mul, onesInit, parameter, reshape, rsqrt, slice, square, sub, zerosInit, type Context, type Parameter, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { BatchNorm } from './batch-norm.ts';

const EPSILON = 1e-5;

/** Normalises each channel of each image by its own mean and variance, then scales and shifts it (torch InstanceNorm2d, affine). */
export class InstanceNorm extends Module {
  /** `[C]` */
  readonly weight: Parameter;
  /** `[C]` */
  readonly bias: Parameter;

  constructor({ width }: { readonly width: number }) {
    super();
    this.weight = parameter([width], onesInit);
    this.bias = parameter([width], zerosInit);
  }

  /** `[B, C, H, W] → [B, C, H, W]` */
  forward(x: Tensor, _ctx: Context): Tensor {
    const centered = sub(x, mean(x, [2, 3], true));
    const inverse = rsqrt(add(mean(square(centered), [2, 3], true), EPSILON));
    const perChannel = (parameter: Parameter): Tensor => reshape(parameter.value, [1, -1, 1, 1]);
    return add(mul(mul(centered, inverse), perChannel(this.weight)), perChannel(this.bias));
  }
}

/**
 * Instance normalisation of the first half of the channels and batch normalisation of the rest, named as in the authors' repository.
 * @see Pan et al., "Two at Once: Enhancing Learning and Generalization Capacities via IBN-Net" (2018), IBN-a.
 */
export class InstanceBatchNorm extends Module {
  readonly IN: InstanceNorm;
  readonly BN: BatchNorm;

  constructor({ width }: { readonly width: number }) {
    super();
    const half = Math.trunc(width / 2);
    this.IN = new InstanceNorm({ width: half });
    this.BN = new BatchNorm({ width: width - half });
  }

  /** `[B, C, H, W] → [B, C, H, W]` */
  forward(x: Tensor, ctx: Context): Tensor {
    const [batch, channels, height, width] = x.shape as [number, number, number, number];
    const half = this.IN.weight.shape[0]!;
    const first = slice(x, [0, 0, 0, 0], [batch, half, height, width]);
    const rest = slice(x, [0, half, 0, 0], [batch, channels - half, height, width]);
    return concat([this.IN.forward(first, ctx), this.BN.forward(rest, ctx)], 1);
  }
}

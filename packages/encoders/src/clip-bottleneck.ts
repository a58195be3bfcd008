import { Module, add, averagePool2d, relu, type Context, type Tensor } from '@reidkit/core-tensor';
import { BatchNorm } from './batch-norm.ts';
import { Conv2d } from './conv2d.ts';
import type { FeatureMap } from './residual-block.ts';

/** Sizes of a {@link ClipBottleneck}. */
export interface ClipBottleneckOptions {
  readonly inputs: number;
  /** Channels of the inner convolutions; a fourth of what it gives. */
  readonly planes: number;
  readonly stride: number;
}

const pooled = (x: Tensor, stride: number): Tensor => (stride > 1 ? averagePool2d(x, { size: stride }) : x);

/** Residual block of CLIP: as ResNet's, with an average pool in front of a convolution of stride 1 in the place of every stride. */
export class ClipBottleneck extends Module implements FeatureMap {
  /** Output channels, in planes. */
  static readonly expansion = 4;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm;
  /** A convolution and a norm where sizes change (fields `0` and `1`). */
  readonly downsample: readonly [Conv2d, BatchNorm] | undefined;
  readonly #stride: number;

  constructor({ inputs, planes, stride }: ClipBottleneckOptions) {
    super();
    const outputs = planes * ClipBottleneck.expansion;
    this.conv1 = new Conv2d({ inputs, outputs: planes, size: 1 });
    this.bn1 = new BatchNorm({ width: planes });
    this.conv2 = new Conv2d({ inputs: planes, outputs: planes, size: 3, padding: 1 });
    this.bn2 = new BatchNorm({ width: planes });
    this.conv3 = new Conv2d({ inputs: planes, outputs, size: 1 });
    this.bn3 = new BatchNorm({ width: outputs });
    this.downsample =
      stride > 1 || inputs !== outputs ? [new Conv2d({ inputs, outputs, size: 1 }), new BatchNorm({ width: outputs })] : undefined;
    this.#stride = stride;
  }

  /** `[B, C, H, W] → [B, 4 planes, H / stride, W / stride]` */
  forward(x: Tensor, ctx: Context): Tensor {
    const first = relu(this.bn1.forward(this.conv1.forward(x, ctx), ctx));
    const second = pooled(relu(this.bn2.forward(this.conv2.forward(first, ctx), ctx)), this.#stride);
    const third = this.bn3.forward(this.conv3.forward(second, ctx), ctx);
    const [convolution, norm] = this.downsample ?? [];
    const past = convolution && norm ? norm.forward(convolution.forward(pooled(x, this.#stride), ctx), ctx) : x;
    return relu(add(past, third));
  }
}

import { Module, add, relu, type Context, type Tensor } from '@reidkit/core-tensor';
import { BatchNorm } from './batch-norm.ts';
import { Conv2d } from './conv2d.ts';
import { InstanceBatchNorm } from './instance-batch-norm.ts';

/** From a map of features to another. */
export interface FeatureMap extends Module {
  /** `[B, C, H, W] → [B, C', H', W']` */
  forward(x: Tensor, ctx: Context): Tensor;
}

/** Sizes of a residual block. */
export interface ResidualOptions {
  readonly inputs: number;
  /** Channels of the inner convolutions. */
  readonly planes: number;
  readonly stride: number;
  /** Whether the first norm is instance norm for half of the channels. */
  readonly hasInstanceNorm: boolean;
}

const norm = (width: number): BatchNorm => new BatchNorm({ width });
const firstNorm = (width: number, hasInstanceNorm: boolean): FeatureMap =>
  hasInstanceNorm ? new InstanceBatchNorm({ width }) : norm(width);

/** The way past a block: nothing, or a convolution and a norm where sizes change (fields `0` and `1`). */
function shortcut({ inputs, stride }: ResidualOptions, outputs: number): readonly FeatureMap[] | undefined {
  if (stride === 1 && inputs === outputs) return undefined;
  return [new Conv2d({ inputs, outputs, size: 1, stride }), norm(outputs)];
}

const through = (path: readonly FeatureMap[] | undefined, x: Tensor, ctx: Context): Tensor =>
  (path ?? []).reduce((y, part) => part.forward(y, ctx), x);

/** Two 3 × 3 convolutions with a way past them, named as in torchvision. */
export class BasicBlock extends Module implements FeatureMap {
  /** Output channels, in planes. */
  static readonly expansion = 1;
  readonly conv1: Conv2d;
  readonly bn1: FeatureMap;
  readonly conv2: Conv2d;
  readonly bn2: FeatureMap;
  readonly downsample: readonly FeatureMap[] | undefined;

  constructor(options: ResidualOptions) {
    super();
    const { inputs, planes, stride, hasInstanceNorm } = options;
    this.conv1 = new Conv2d({ inputs, outputs: planes, size: 3, stride, padding: 1 });
    this.bn1 = firstNorm(planes, hasInstanceNorm);
    this.conv2 = new Conv2d({ inputs: planes, outputs: planes, size: 3, padding: 1 });
    this.bn2 = norm(planes);
    this.downsample = shortcut(options, planes * BasicBlock.expansion);
  }

  /** `[B, C, H, W] → [B, planes, H', W']` */
  forward(x: Tensor, ctx: Context): Tensor {
    const first = relu(this.bn1.forward(this.conv1.forward(x, ctx), ctx));
    const second = this.bn2.forward(this.conv2.forward(first, ctx), ctx);
    return relu(add(second, through(this.downsample, x, ctx)));
  }
}

/** A 3 × 3 convolution between two of 1 × 1, the stride on the middle one, with a way past them, named as in torchvision. */
export class Bottleneck extends Module implements FeatureMap {
  /** Output channels, in planes. */
  static readonly expansion = 4;
  readonly conv1: Conv2d;
  readonly bn1: FeatureMap;
  readonly conv2: Conv2d;
  readonly bn2: FeatureMap;
  readonly conv3: Conv2d;
  readonly bn3: FeatureMap;
  readonly downsample: readonly FeatureMap[] | undefined;

  constructor(options: ResidualOptions) {
    super();
    const { inputs, planes, stride, hasInstanceNorm } = options;
    const outputs = planes * Bottleneck.expansion;
    this.conv1 = new Conv2d({ inputs, outputs: planes, size: 1 });
    this.bn1 = firstNorm(planes, hasInstanceNorm);
    this.conv2 = new Conv2d({ inputs: planes, outputs: planes, size: 3, stride, padding: 1 });
    this.bn2 = norm(planes);
    this.conv3 = new Conv2d({ inputs: planes, outputs, size: 1 });
    this.bn3 = norm(outputs);
    this.downsample = shortcut(options, outputs);
  }

  /** `[B, C, H, W] → [B, 4 planes, H', W']` */
  forward(x: Tensor, ctx: Context): Tensor {
    const first = relu(this.bn1.forward(this.conv1.forward(x, ctx), ctx));
    const second = relu(this.bn2.forward(this.conv2.forward(first, ctx), ctx));
    const third = this.bn3.forward(this.conv3.forward(second, ctx), ctx);
    return relu(add(third, through(this.downsample, x, ctx)));
  }
}

import { Module, add, averagePool2d, kaimingFanOut, mean, mul, relu, sigmoid, type Context, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { BatchNorm } from './batch-norm.ts';
import { Conv2d, type Conv2dParts } from './conv2d.ts';
import { InstanceNorm } from './instance-batch-norm.ts';
import type { FeatureMap } from './residual-block.ts';

/** Convolution, norm and, unless it is linear, ReLU, named as in torchreid. */
export class ConvNorm extends Module implements FeatureMap {
  readonly conv: Conv2d;
  readonly bn: FeatureMap;
  readonly #isLinear: boolean;

  constructor({
    isLinear = false,
    hasInstanceNorm = false,
    ...conv
  }: Conv2dParts & { readonly isLinear?: boolean; readonly hasInstanceNorm?: boolean }) {
    super();
    this.conv = new Conv2d(conv);
    this.bn = hasInstanceNorm ? new InstanceNorm({ width: conv.outputs }) : new BatchNorm({ width: conv.outputs });
    this.#isLinear = isLinear;
  }

  /** `[B, C, H, W] → [B, O, H', W']` */
  forward(x: Tensor, ctx: Context): Tensor {
    const y = this.bn.forward(this.conv.forward(x, ctx), ctx);
    return this.#isLinear ? y : relu(y);
  }
}

/** A convolution of 1 × 1 and one of 3 × 3 on each channel by itself, then norm and ReLU. */
class LightConv extends Module implements FeatureMap {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;
  readonly bn: BatchNorm;

  constructor(width: number) {
    super();
    this.conv1 = new Conv2d({ inputs: width, outputs: width, size: 1 });
    this.conv2 = new Conv2d({ inputs: width, outputs: width, size: 3, padding: 1, groups: width });
    this.bn = new BatchNorm({ width });
  }

  forward(x: Tensor, ctx: Context): Tensor {
    return relu(this.bn.forward(this.conv2.forward(this.conv1.forward(x, ctx), ctx), ctx));
  }
}

/** How many channels of a gate there are for each of its hidden ones. */
const REDUCTION = 16;

/** Weighs each channel of an image by what all its places say together. */
class ChannelGate extends Module implements FeatureMap {
  readonly fc1: Conv2d;
  readonly fc2: Conv2d;

  constructor(width: number) {
    super();
    const hidden = Math.max(1, Math.trunc(width / REDUCTION));
    this.fc1 = new Conv2d({ inputs: width, outputs: hidden, size: 1, hasBias: true, initialize: kaimingFanOut });
    this.fc2 = new Conv2d({ inputs: hidden, outputs: width, size: 1, hasBias: true, initialize: kaimingFanOut });
  }

  forward(x: Tensor, ctx: Context): Tensor {
    const hidden = relu(this.fc1.forward(mean(x, [2, 3], true), ctx));
    return mul(x, sigmoid(this.fc2.forward(hidden, ctx)));
  }
}

/** Widths of an {@link OmniScaleBlock}. */
export interface OmniScaleOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Whether the result is normalised image by image (OSNet-IBN). */
  readonly hasInstanceNorm: boolean;
}

/** Share of the inner channels in the outer ones. */
const BOTTLENECK = 4;

/**
 * Four streams of one to four light convolutions see four scales; one gate, shared by all, says for every image and channel what each is worth.
 * Named as in torchreid.
 * @see Zhou et al., "Omni-Scale Feature Learning for Person Re-Identification" (2019), Eq. 2 and 3.
 */
export class OmniScaleBlock extends Module implements FeatureMap {
  readonly conv1: ConvNorm;
  readonly conv2a: LightConv;
  readonly conv2b: readonly LightConv[];
  readonly conv2c: readonly LightConv[];
  readonly conv2d: readonly LightConv[];
  readonly gate: ChannelGate;
  readonly conv3: ConvNorm;
  readonly downsample: ConvNorm | undefined;
  readonly IN: InstanceNorm | undefined;

  constructor({ inputs, outputs, hasInstanceNorm }: OmniScaleOptions) {
    super();
    const width = Math.trunc(outputs / BOTTLENECK);
    const stream = (length: number): readonly LightConv[] => Array.from({ length }, () => new LightConv(width));
    this.conv1 = new ConvNorm({ inputs, outputs: width, size: 1 });
    this.conv2a = new LightConv(width);
    this.conv2b = stream(2);
    this.conv2c = stream(3);
    this.conv2d = stream(4);
    this.gate = new ChannelGate(width);
    this.conv3 = new ConvNorm({ inputs: width, outputs, size: 1, isLinear: true });
    this.downsample = inputs === outputs ? undefined : new ConvNorm({ inputs, outputs, size: 1, isLinear: true });
    this.IN = hasInstanceNorm ? new InstanceNorm({ width: outputs }) : undefined;
  }

  /** `[B, C, H, W] → [B, O, H, W]` */
  forward(x: Tensor, ctx: Context): Tensor {
    const first = this.conv1.forward(x, ctx);
    const streams = [[this.conv2a], this.conv2b, this.conv2c, this.conv2d].map((parts) =>
      this.gate.forward(
        parts.reduce((y, part) => part.forward(y, ctx), first),
        ctx,
      ),
    );
    const joined = this.conv3.forward(
      streams.reduce((total, stream) => add(total, stream)),
      ctx,
    );
    const sum = add(joined, this.downsample ? this.downsample.forward(x, ctx) : x);
    return relu(this.IN ? this.IN.forward(sum, ctx) : sum);
  }
}

/** A convolution of 1 × 1, then the mean of every 2 × 2 places (fields `0` and `1`, the second without parameters). */
export function halving(width: number): readonly [FeatureMap, FeatureMap] {
  return [new ConvNorm({ inputs: width, outputs: width, size: 1 }), new HalfMap()];
}

class HalfMap extends Module implements FeatureMap {
  forward(x: Tensor, _ctx: Context): Tensor {
    return averagePool2d(x, { size: 2 });
  }
}

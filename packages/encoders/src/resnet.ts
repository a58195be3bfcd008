import {
  Module,
  ReidError,
  defineComponent,
  matchShape,
  maxPool2d,
  relu,
  reshape,
  transpose,
  type Context,
  type EncodeCall,
  type HostTensors,
  type ImageEncoder,
  type ImageTokens,
  type Tensor,
} from '@reidkit/core-tensor';
import { z } from 'zod';
import { BatchNorm, isBatchCounter } from './batch-norm.ts';
import { Conv2d } from './conv2d.ts';
import { BasicBlock, Bottleneck } from './residual-block.ts';

const length = z.number().int().positive();

/** Options of `encoder/resnet`. */
export const resnetOptions = z.strictObject({
  imageSize: z.tuple([length, length]).default([256, 128]).describe('Height and width of the images, in pixels.'),
  block: z.enum(['basic', 'bottleneck']).default('bottleneck').describe('"basic" in ResNet-18 and 34, "bottleneck" from 50 on.'),
  layers: z.tuple([length, length, length, length]).default([3, 4, 6, 3]).describe('Number of blocks in each of the four stages.'),
  planes: length.default(64).describe('Channels of the first stage; each further one has twice as many.'),
  lastStride: z
    .union([z.literal(1), z.literal(2)])
    .default(1)
    .describe('Stride of the last stage: 1 keeps its map as large as that before, which person images gain from.'),
  hasInstanceNorm: z.boolean().default(false).describe('IBN-a: instance norm for half of the channels of the first norm in stages 1 to 3.'),
});

/** Options of {@link resnet} as people write them. */
export type ResNetOptions = z.input<typeof resnetOptions>;

/** Keys of torchvision's classifier, and its counters of batches, which nothing here needs. */
const leftOut = (path: string): boolean => path.startsWith('fc.') || isBatchCounter(path);

/**
 * Residual network under torchvision's names, without its classifier. Its last map becomes patches; there is no class token.
 * @see He et al., "Deep Residual Learning for Image Recognition" (2016); Luo et al., "Bag of Tricks" (2019), for the last stride.
 */
export class ResNet extends Module implements ImageEncoder {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly layer1: readonly (BasicBlock | Bottleneck)[];
  readonly layer2: readonly (BasicBlock | Bottleneck)[];
  readonly layer3: readonly (BasicBlock | Bottleneck)[];
  readonly layer4: readonly (BasicBlock | Bottleneck)[];
  readonly imageSize: readonly [height: number, width: number];
  readonly width: number;

  constructor(options: z.output<typeof resnetOptions>) {
    super();
    const { block, layers, planes, lastStride, hasInstanceNorm } = options;
    const Kind = block === 'basic' ? BasicBlock : Bottleneck;
    let inputs = planes;
    const stage = (index: number, stride: number): (BasicBlock | Bottleneck)[] =>
      Array.from({ length: layers[index]! }, (_, i) => {
        const own = planes * 2 ** index;
        const made = new Kind({ inputs, planes: own, stride: i === 0 ? stride : 1, hasInstanceNorm: hasInstanceNorm && index < 3 });
        inputs = own * Kind.expansion;
        return made;
      });
    this.conv1 = new Conv2d({ inputs: 3, outputs: planes, size: 7, stride: 2, padding: 3 });
    this.bn1 = new BatchNorm({ width: planes });
    this.layer1 = stage(0, 1);
    this.layer2 = stage(1, 2);
    this.layer3 = stage(2, 2);
    this.layer4 = stage(3, lastStride);
    this.imageSize = options.imageSize;
    this.width = inputs;
  }

  /** `images [B, H, W, 3]` normalised → patches. Throws SHAPE_MISMATCH for another size, INVALID_ARGUMENT for any call option. */
  forward(images: Tensor, ctx: Context, call: EncodeCall = {}): ImageTokens {
    const asked = Object.entries(call).find(([, value]) => value !== undefined);
    if (asked)
      throw new ReidError('INVALID_ARGUMENT', `ResNet has no tokens that "${asked[0]}" could act on.`, { hint: 'use encoder/vit.' });
    const { B } = matchShape('ResNet', images.shape, ['B', ...this.imageSize, 3]);
    const stem = relu(this.bn1.forward(this.conv1.forward(transpose(images, [0, 3, 1, 2]), ctx), ctx));
    const blocks = [this.layer1, this.layer2, this.layer3, this.layer4].flat();
    const map = blocks.reduce((x, block) => block.forward(x, ctx), maxPool2d(stem, { size: 3, stride: 2, padding: 1 }));
    const [, channels, height, width] = map.shape as [number, number, number, number];
    return {
      patches: transpose(reshape(map, [B, channels, height * width]), [0, 2, 1]),
      grid: [height, width],
      extra: {},
      taps: {},
    };
  }

  /** torchvision's numbers as this network takes them: without classifier and counters. */
  adaptCheckpoint(numbers: HostTensors): HostTensors {
    return Object.fromEntries(Object.entries(numbers).filter(([path]) => !leftOut(path)));
  }
}

/** A residual network. Throws ZodError for options that do not fit. */
export function resnet(options: ResNetOptions = {}): ResNet {
  return new ResNet(resnetOptions.parse(options));
}

/** `encoder/resnet`. */
export const resnetComponent = defineComponent({
  summary: 'Residual network (18, 34, 50, any width), last stride 1, optionally IBN-a.',
  paper: 'https://arxiv.org/abs/1512.03385',
  options: resnetOptions,
  build: (options): ImageEncoder => resnet(options),
});

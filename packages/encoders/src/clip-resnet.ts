import {
  Module,
  ReidError,
  averagePool2d,
  defineComponent,
  matchShape,
  relu,
  reshape,
  transpose,
  type Context,
  type EncodeCall,
  type HostTensors,
  type ImageEncoder,
  type ImageTokens,
  type Tensor,
  type Tensors,
} from '@reidkit/core-tensor';
import { z } from 'zod';
import { AttentionPool } from './attention-pool.ts';
import { BatchNorm, isBatchCounter } from './batch-norm.ts';
import { ClipBottleneck } from './clip-bottleneck.ts';
import { clipNumbers } from './clip-numbers.ts';
import { Conv2d } from './conv2d.ts';

const length = z.number().int().positive();

/** Options of `encoder/clip-resnet`. */
const clipResnetOptions = z
  .strictObject({
    imageSize: z
      .tuple([length, length])
      .default([256, 128])
      .describe('Height and width of the images, in pixels; multiples of 32, or of 16 with `lastStride` 1.'),
    layers: z.tuple([length, length, length, length]).default([3, 4, 6, 3]).describe('Number of blocks in each of the four stages.'),
    width: length.multipleOf(2).default(64).describe('Channels behind the first three convolutions; the last map has 32 times as many.'),
    heads: length.default(32).describe('Number of heads of the attention pooling, a divisor of 32 `width`; OpenAI has `width` / 2.'),
    projectedWidth: length.default(1024).describe('Width of the space that images and texts share.'),
    lastStride: z
      .union([z.literal(1), z.literal(2)])
      .default(1)
      .describe("Stride of the last stage: 1 in CLIP-ReID, 2 in OpenAI's networks."),
    dense: z.boolean().default(false).describe('Whether every place asks in the attention pooling beside the mean, as in CLIP-ReID.'),
  })
  .refine(({ width, heads }) => (32 * width) % heads === 0, { error: 'expected a divisor of 32 "width"', path: ['heads'] })
  .refine(({ imageSize, lastStride }) => imageSize.every((pixels) => pixels % (16 * lastStride) === 0), {
    error: 'expected multiples of 32, or of 16 with "lastStride": 1',
    path: ['imageSize'],
  });

/** Options of {@link clipResnet} as people write them. */
export type ClipResNetOptions = z.input<typeof clipResnetOptions>;

/** `[B, C, H, W] → [B, H·W, C]` */
const placesOf = (map: Tensor): Tensor => transpose(reshape(map, [map.shape[0]!, map.shape[1]!, -1]), [0, 2, 1]);

/**
 * CLIP's residual network under OpenAI's names: a stem of three convolutions, average pools instead of strides, attention pooling. There is no
 * class token; patches are the places of the last map. Taps: `beforeLast` `[B, N', D / 2]` is the map that enters the last stage, `last` the
 * patches, `projected` `[B, 1, E]` or, with `dense`, `[B, 1 + N, E]` the attention pooling, whose first row is that of the whole image.
 * @see Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021), section 2.4.
 */
export class ClipResNet extends Module implements ImageEncoder {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm;
  readonly layer1: readonly ClipBottleneck[];
  readonly layer2: readonly ClipBottleneck[];
  readonly layer3: readonly ClipBottleneck[];
  readonly layer4: readonly ClipBottleneck[];
  readonly attnpool: AttentionPool;
  readonly imageSize: readonly [height: number, width: number];
  readonly width: number;
  readonly projectedWidth: number;
  /** Height and width of the last map. */
  readonly grid: readonly [height: number, width: number];

  constructor({ imageSize, layers, width, heads, projectedWidth, lastStride, dense }: z.output<typeof clipResnetOptions>) {
    super();
    let inputs = width;
    const stage = (index: number, stride: number): ClipBottleneck[] =>
      Array.from({ length: layers[index]! }, (_, i) => {
        const block = new ClipBottleneck({ inputs, planes: width * 2 ** index, stride: i === 0 ? stride : 1 });
        inputs = width * 2 ** index * ClipBottleneck.expansion;
        return block;
      });
    this.conv1 = new Conv2d({ inputs: 3, outputs: width / 2, size: 3, stride: 2, padding: 1 });
    this.bn1 = new BatchNorm({ width: width / 2 });
    this.conv2 = new Conv2d({ inputs: width / 2, outputs: width / 2, size: 3, padding: 1 });
    this.bn2 = new BatchNorm({ width: width / 2 });
    this.conv3 = new Conv2d({ inputs: width / 2, outputs: width, size: 3, padding: 1 });
    this.bn3 = new BatchNorm({ width });
    this.layer1 = stage(0, 1);
    this.layer2 = stage(1, 2);
    this.layer3 = stage(2, 2);
    this.layer4 = stage(3, lastStride);
    this.imageSize = imageSize;
    this.grid = [imageSize[0] / (16 * lastStride), imageSize[1] / (16 * lastStride)];
    this.width = inputs;
    this.projectedWidth = projectedWidth;
    this.attnpool = new AttentionPool({ places: this.grid[0] * this.grid[1], width: inputs, heads, outputs: projectedWidth, dense });
  }

  /** `images [B, H, W, 3]` normalised → patches. Throws SHAPE_MISMATCH for another size, INVALID_ARGUMENT for any call option. */
  forward(images: Tensor, ctx: Context, call: EncodeCall = {}): ImageTokens {
    const asked = Object.entries(call).find(([, value]) => value !== undefined);
    if (asked) {
      const message = `ClipResNet has no tokens that "${asked[0]}" could act on.`;
      throw new ReidError('INVALID_ARGUMENT', message, { hint: 'use encoder/clip-vision.' });
    }
    matchShape('ClipResNet', images.shape, ['B', ...this.imageSize, 3]);
    const maps = this.maps(images, ctx);
    const patches = placesOf(maps.layer4!);
    return {
      patches,
      grid: this.grid,
      extra: {},
      taps: { beforeLast: placesOf(maps.layer3!), last: patches, projected: this.attnpool.forward(patches, ctx) },
    };
  }

  /** `images [B, H, W, 3]` → what the stem and each stage give, `stem`, `layer1` … `layer4` `[B, C, H', W']`. */
  maps(images: Tensor, ctx: Context): Tensors {
    const pairs = [[this.conv1, this.bn1], [this.conv2, this.bn2], [this.conv3, this.bn3]] as const; // prettier-ignore
    const wide = pairs.reduce(
      (x, [convolution, norm]) => relu(norm.forward(convolution.forward(x, ctx), ctx)),
      transpose(images, [0, 3, 1, 2]),
    );
    let map = averagePool2d(wide, { size: 2 });
    const maps: Record<string, Tensor> = { stem: map };
    for (const name of ['layer1', 'layer2', 'layer3', 'layer4'] as const) {
      maps[name] = map = this[name].reduce((x, block) => block.forward(x, ctx), map);
    }
    return maps;
  }

  /** Numbers of CLIP for another image size, or of a whole CLIP (`visual.…`), as this encoder takes them: positions resized, the text side left out. */
  adaptCheckpoint(numbers: HostTensors): HostTensors {
    const own = clipNumbers(numbers, 'visual', { 'attnpool.positional_embedding': { grid: this.grid } });
    return Object.fromEntries(Object.entries(own).filter(([path]) => !isBatchCounter(path)));
  }
}

/** CLIP's residual network. Throws ZodError for options that do not fit. */
export function clipResnet(options: ClipResNetOptions = {}): ClipResNet {
  return new ClipResNet(clipResnetOptions.parse(options));
}

/** `encoder/clip-resnet`. */
export const clipResnetComponent = defineComponent({
  summary: "CLIP's residual network (RN50, RN101, any width) with attention pooling, also in CLIP-ReID's form.",
  paper: 'https://arxiv.org/abs/2103.00020',
  options: clipResnetOptions,
  build: (options): ImageEncoder => clipResnet(options),
});

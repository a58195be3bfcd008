import { Module, ReidError, defineComponent, matchShape, maxPool2d, reshape, transpose, type Context, type EncodeCall, type HostTensors, type ImageEncoder, type ImageTokens, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { z } from 'zod';
import { isBatchCounter } from './batch-norm.ts';
import { ConvNorm, OmniScaleBlock, halving } from './osnet-block.ts';
import type { FeatureMap } from './residual-block.ts';

const length = z.number().int().positive();

/** Options of `encoder/osnet`. */
const osnetOptions = z.strictObject({
  imageSize: z.tuple([length, length]).default([256, 128]).describe('Height and width of the images, in pixels.'),
  channels: z
    .tuple([length, length, length, length])
    .default([64, 256, 384, 512])
    .describe('Channels of the stem and of the three stages; the named sizes are 1, 3/4, 1/2 and 1/4 of the default.'),
  layers: z.tuple([length, length, length]).default([2, 2, 2]).describe('Number of blocks in each of the three stages.'),
  hasInstanceNorm: z.boolean().default(false).describe('OSNet-IBN: instance norm in the stem and behind each block of the first stage.'),
});

/** Options of {@link osnet} as people write them. */
export type OsnetOptions = z.input<typeof osnetOptions>;

/** Keys of torchreid's embedding and classifier on top, and torch's counters of batches, which nothing here needs. */
const leftOut = (path: string): boolean => /^(fc|classifier)\./.test(path) || isBatchCounter(path);

/** Blocks of a stage and what halves its map, under the names 0, 1, 2. */
type Stage = readonly (FeatureMap | readonly FeatureMap[])[];

/**
 * Omni-scale network under torchreid's names, without its embedding and classifier. Its last map becomes patches; there is no class token.
 * @see Zhou et al., "Omni-Scale Feature Learning for Person Re-Identification" (2019), Table 1.
 */
export class OSNet extends Module implements ImageEncoder {
  readonly conv1: ConvNorm;
  readonly conv2: Stage;
  readonly conv3: Stage;
  readonly conv4: Stage;
  readonly conv5: ConvNorm;
  readonly imageSize: readonly [height: number, width: number];
  readonly width: number;

  constructor({ imageSize, channels, layers, hasInstanceNorm }: z.output<typeof osnetOptions>) {
    super();
    const stage = (index: 0 | 1 | 2): Stage => {
      const [before, outputs] = [channels[index], channels[index + 1]!];
      const blocks = Array.from({ length: layers[index] }, (_, i) => {
        return new OmniScaleBlock({ inputs: i === 0 ? before : outputs, outputs, hasInstanceNorm: hasInstanceNorm && index === 0 });
      });
      return index < 2 ? [...blocks, halving(outputs)] : blocks;
    };
    const [first, , , last] = channels;
    this.conv1 = new ConvNorm({ inputs: 3, outputs: first, size: 7, stride: 2, padding: 3, hasInstanceNorm });
    this.conv2 = stage(0);
    this.conv3 = stage(1);
    this.conv4 = stage(2);
    this.conv5 = new ConvNorm({ inputs: last, outputs: last, size: 1 });
    this.imageSize = imageSize;
    this.width = last;
  }

  /** `images [B, H, W, 3]` normalised → patches. Throws SHAPE_MISMATCH for another size, INVALID_ARGUMENT for any call option. */
  forward(images: Tensor, ctx: Context, call: EncodeCall = {}): ImageTokens {
    const asked = Object.entries(call).find(([, value]) => value !== undefined);
    if (asked)
      throw new ReidError('INVALID_ARGUMENT', `OSNet has no tokens that "${asked[0]}" could act on.`, { hint: 'use encoder/vit.' });
    const { B } = matchShape('OSNet', images.shape, ['B', ...this.imageSize, 3]);
    const stem = maxPool2d(this.conv1.forward(transpose(images, [0, 3, 1, 2]), ctx), { size: 3, stride: 2, padding: 1 });
    const parts = [...this.conv2, ...this.conv3, ...this.conv4].flat();
    const map = this.conv5.forward(
      parts.reduce((x, part) => part.forward(x, ctx), stem),
      ctx,
    );
    const [, channels, height, width] = map.shape as [number, number, number, number];
    return { patches: transpose(reshape(map, [B, channels, height * width]), [0, 2, 1]), grid: [height, width], extra: {}, taps: {} };
  }

  /** torchreid's numbers as this network takes them: without embedding, classifier and counters. */
  adaptCheckpoint(numbers: HostTensors): HostTensors {
    return Object.fromEntries(Object.entries(numbers).filter(([path]) => !leftOut(path)));
  }
}

/** An omni-scale network. Throws ZodError for options that do not fit. */
export function osnet(options: OsnetOptions = {}): OSNet {
  return new OSNet(osnetOptions.parse(options));
}

/** `encoder/osnet`. */
export const osnetComponent = defineComponent({
  summary: 'Omni-scale network (OSNet) in four widths, optionally with instance norm: small, and made for persons.',
  paper: 'https://arxiv.org/abs/1905.00953',
  options: osnetOptions,
  build: (options): ImageEncoder => osnet(options),
});

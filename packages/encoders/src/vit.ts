import { defineComponent, type ImageEncoder } from '@reidkit/core-tensor';
import { z } from 'zod';
import { Attention } from './attention.ts';
import { Block, dropPathRates } from './block.ts';
import { LayerNorm } from './layer-norm.ts';
import { Linear, type LinearOptions } from './linear.ts';
import { Mlp } from './mlp.ts';
import { PatchEmbed } from './patch-embed.ts';
import type { TokenLayer, TokenMap } from './token-layer.ts';
import { VisionTransformer } from './vision-transformer.ts';

const length = z.number().int().positive();

/** Options of `encoder/vit`. */
export const vitOptions = z
  .strictObject({
    imageSize: z.tuple([length, length]).default([256, 128]).describe('Height and width of the images, in pixels.'),
    patch: length.default(16).describe('Height and width of a patch, in pixels.'),
    stride: length.optional().describe('Distance between neighbouring patches, in pixels; below `patch` they overlap. Default: `patch`.'),
    width: length.default(768).describe('Width of the tokens; a multiple of `heads`.'),
    depth: length.default(12).describe('Number of layers.'),
    heads: length.default(12).describe('Number of attention heads.'),
    mlpRatio: z.number().positive().default(4).describe('Hidden width of the perceptrons, in widths of the tokens.'),
    hasQkvBias: z.boolean().default(true).describe('Whether queries, keys and values have a bias.'),
    attentionScale: z.number().positive().optional().describe('Factor of the attention scores. Default: (width / heads)^-0.5.'),
    epsilon: z.number().positive().default(1e-6).describe('Added to the variance in every layer norm.'),
    dropPath: z
      .number()
      .min(0)
      .lt(1)
      .default(0.1)
      .describe('Probability of dropping a branch of the last layer in training; 0 in the first.'),
    parts: z.number().int().min(0).default(0).describe('Number of part tokens beside the class token, as PASS has three.'),
    cameras: z.number().int().min(0).default(0).describe('Number of cameras that get a vector.'),
    views: z.number().int().min(0).default(0).describe('Number of views that get a vector.'),
    sideFactor: z.number().default(3).describe('Factor of camera and view vectors; TransReID takes 3 and, for vehicles, 2.'),
    recompute: z
      .boolean()
      .default(false)
      .describe('Compute each layer again on the way back instead of keeping what it needs: less memory, more time.'),
    positionResize: z
      .enum(['bilinear', 'bicubic'])
      .default('bilinear')
      .describe('How positions of a checkpoint of another image size are carried over; ALBEF takes "bicubic".'),
  })
  .refine(({ width, heads }) => width % heads === 0, { error: 'expected a divisor of "width"', path: ['heads'] })
  .refine(({ imageSize, patch }) => imageSize.every((pixels) => pixels >= patch), {
    error: 'expected at least one patch',
    path: ['imageSize'],
  });

/** Options of {@link vit} as people write them. */
export type VitOptions = z.input<typeof vitOptions>;

/** What a layer of a vision transformer is built from. */
export interface VitLayerOptions {
  readonly width: number;
  readonly heads: number;
  readonly mlpRatio: number;
  readonly hasQkvBias?: boolean;
  readonly attentionScale?: number | undefined;
  readonly epsilon?: number;
  readonly dropPath?: number;
  /** Makes the four projections. Default: {@link Linear}. */
  readonly project?: (place: 'qkv' | 'proj' | 'fc1' | 'fc2', options: LinearOptions) => TokenMap;
}

/** One layer of a vision transformer. */
export function vitLayer(options: VitLayerOptions): Block {
  const { width, heads, mlpRatio, hasQkvBias = true, attentionScale, epsilon = 1e-6, dropPath = 0 } = options;
  const { project = (_place, sizes) => new Linear(sizes) } = options;
  const hidden = Math.trunc(width * mlpRatio);
  return new Block({
    norm1: new LayerNorm({ width, epsilon }),
    attn: new Attention({
      qkv: project('qkv', { inputs: width, outputs: 3 * width, hasBias: hasQkvBias }),
      proj: project('proj', { inputs: width, outputs: width }),
      heads,
      scale: attentionScale,
    }),
    norm2: new LayerNorm({ width, epsilon }),
    mlp: new Mlp({
      fc1: project('fc1', { inputs: width, outputs: hidden }),
      fc2: project('fc2', { inputs: hidden, outputs: width }),
    }),
    dropPath,
  });
}

/** Parts that a caller of {@link vit} makes instead. */
export interface VitParts {
  /** Makes each layer from its number and the options that it would get. Default: {@link vitLayer}. */
  readonly layer?: (index: number, options: VitLayerOptions) => TokenLayer;
  /** Normalises the last layer's tokens. Default: {@link LayerNorm}. */
  readonly norm?: TokenMap;
}

/** A vision transformer. Throws ZodError for options that do not fit. */
export function vit(options: VitOptions = {}, { layer = (_index, own) => vitLayer(own), norm }: VitParts = {}): VisionTransformer {
  const { imageSize, patch, stride, depth, dropPath, ...own } = vitOptions.parse(options);
  return new VisionTransformer({
    ...own,
    patch_embed: new PatchEmbed({ imageSize, patch, stride, width: own.width }),
    blocks: dropPathRates(depth, dropPath).map((rate, index) => layer(index, { ...own, dropPath: rate })),
    norm: norm ?? new LayerNorm({ width: own.width, epsilon: own.epsilon }),
  });
}

/** `encoder/vit`. */
export const vitComponent = defineComponent({
  summary: 'Vision transformer (timm, TransReID, PASS, ALBEF): class token, optional part tokens, overlapping patches, camera vectors.',
  paper: 'https://arxiv.org/abs/2010.11929',
  options: vitOptions,
  build: (options): ImageEncoder => vit(options),
});

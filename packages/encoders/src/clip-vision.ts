import { defineComponent, normalInit, type ImageEncoder } from '@reidkit/core-tensor';
import { z } from 'zod';
import { CLIP_EPSILON, ClipTransformer, clipLayer, type ClipLayerOptions } from './clip-transformer.ts';
import { ClipVisionTransformer } from './clip-vision-transformer.ts';
import { Conv2d } from './conv2d.ts';
import { LayerNorm } from './layer-norm.ts';
import { PatchLayout } from './patch-layout.ts';
import type { TokenLayer } from './token-layer.ts';

const length = z.number().int().positive();
const count = z.number().int().min(0).default(0);

/** Options of `encoder/clip-vision`. */
const clipVisionOptions = z
  .strictObject({
    imageSize: z.tuple([length, length]).default([256, 128]).describe('Height and width of the images, in pixels.'),
    patch: length.default(16).describe('Height and width of a patch, in pixels.'),
    stride: length.optional().describe('Distance between neighbouring patches, in pixels; below `patch` they overlap. Default: `patch`.'),
    width: length.default(768).describe('Width of the tokens; a multiple of `heads`.'),
    depth: length.default(12).describe('Number of layers.'),
    heads: length.default(12).describe('Number of attention heads; OpenAI has width / 64.'),
    projectedWidth: length.default(512).describe('Width of the space that images and texts share.'),
    addedTokens: count.describe('Number of tokens that every call adds and that have positions here, as the local tokens of MUVA.'),
    cameras: count.describe('Number of cameras that get a vector, added to the class token.'),
    views: count.describe('Number of views that get a vector, added to the class token.'),
    sideFactor: z.number().default(1).describe('Factor of camera and view vectors.'),
    valueOnly: z.boolean().default(false).describe('Give the tap "valueOnly": values of the last layer alone, the dense form of MaskCLIP.'),
    recompute: z
      .boolean()
      .default(false)
      .describe('Compute each layer again on the way back instead of keeping what it needs: less memory, more time.'),
  })
  .refine(({ width, heads }) => width % heads === 0, { error: 'expected a divisor of "width"', path: ['heads'] })
  .refine(({ imageSize, patch }) => imageSize.every((pixels) => pixels >= patch), {
    error: 'expected at least one patch',
    path: ['imageSize'],
  });

/** Options of {@link clipVision} as people write them. */
export type ClipVisionOptions = z.input<typeof clipVisionOptions>;

/** Parts that a caller of {@link clipVision} makes instead. */
export interface ClipVisionLayers {
  /** Makes each layer from its number and the options that it would get. Default: {@link clipLayer}. */
  readonly layer?: (index: number, options: ClipLayerOptions) => TokenLayer;
}

/** CLIP's vision transformer. Throws ZodError for options that do not fit. */
export function clipVision(
  options: ClipVisionOptions = {},
  { layer = (_index, own) => clipLayer(own) }: ClipVisionLayers = {},
): ClipVisionTransformer {
  const { imageSize, patch, stride = patch, depth, heads, recompute, ...own } = clipVisionOptions.parse(options);
  const { width } = own;
  const norm = (): LayerNorm => new LayerNorm({ width, epsilon: CLIP_EPSILON });
  const layers = Array.from({ length: depth }, (_, index) => layer(index, { width, heads, depth }));
  return new ClipVisionTransformer({
    ...own,
    conv1: new Conv2d({ inputs: 3, outputs: width, size: patch, stride, initialize: normalInit((3 * patch * patch) ** -0.5) }),
    layout: new PatchLayout({ imageSize, patch, stride }),
    ln_pre: norm(),
    transformer: new ClipTransformer(layers, { recompute }),
    ln_post: norm(),
  });
}

/** `encoder/clip-vision`. */
export const clipVisionComponent = defineComponent({
  summary:
    'Vision transformer of CLIP and CLIP-ReID: any grid of patches, camera vectors on the class token, projection to the space of texts.',
  paper: 'https://arxiv.org/abs/2103.00020',
  options: clipVisionOptions,
  build: (options): ImageEncoder => clipVision(options),
});

import { defineComponent, type TextEncoder } from '@reidkit/core-tensor';
import { z } from 'zod';
import { ClipTextTransformer } from './clip-text-transformer.ts';
import { CLIP_EPSILON, ClipTransformer, clipLayer } from './clip-transformer.ts';
import type { ClipVisionLayers } from './clip-vision.ts';
import { LayerNorm } from './layer-norm.ts';

const length = z.number().int().positive();

/** Options of `encoder/clip-text`. */
const clipTextOptions = z
  .strictObject({
    width: length.default(512).describe('Width of the tokens; a multiple of `heads`.'),
    depth: length.default(12).describe('Number of layers.'),
    heads: length.default(8).describe('Number of attention heads; OpenAI has width / 64.'),
    summaryWidth: length.default(512).describe('Width of the space that images and texts share.'),
    length: length.default(77).describe('Most words of a text, the marks of beginning and end included.'),
    vocabulary: length.default(49408).describe('Number of words, each with a vector.'),
    hasWords: z
      .boolean()
      .default(true)
      .describe('Whether it has the vectors of words. Without them every text must come as vectors, as from learned prompts.'),
    recompute: z
      .boolean()
      .default(false)
      .describe('Compute each layer again on the way back instead of keeping what it needs: less memory, more time.'),
  })
  .refine(({ width, heads }) => width % heads === 0, { error: 'expected a divisor of "width"', path: ['heads'] });

/** Options of {@link clipText} as people write them. */
export type ClipTextOptions = z.input<typeof clipTextOptions>;

/** CLIP's text transformer. Throws ZodError for options that do not fit. */
export function clipText(
  options: ClipTextOptions = {},
  { layer = (_index, own) => clipLayer(own) }: ClipVisionLayers = {},
): ClipTextTransformer {
  const { depth, heads, recompute, hasWords, vocabulary, ...own } = clipTextOptions.parse(options);
  const layers = Array.from({ length: depth }, (_, index) => layer(index, { width: own.width, heads, depth }));
  return new ClipTextTransformer({
    ...own,
    ...(hasWords ? { vocabulary } : {}),
    transformer: new ClipTransformer(layers, { recompute }),
    ln_final: new LayerNorm({ width: own.width, epsilon: CLIP_EPSILON }),
  });
}

/** `encoder/clip-text`. */
export const clipTextComponent = defineComponent({
  summary: "CLIP's text transformer: causal, read at the end mark, projected to the space of images; also takes learned prompts.",
  paper: 'https://arxiv.org/abs/2103.00020',
  options: clipTextOptions,
  build: (options): TextEncoder => clipText(options),
});

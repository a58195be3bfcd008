import { defineComponent, type TextEncoder } from '@reidkit/core-tensor';
import { z } from 'zod';
import { BertLayer, type BertLayerOptions } from './bert-layer.ts';
import { BertEmbeddings, BertTransformer } from './bert-transformer.ts';
import type { TokenLayer } from './token-layer.ts';

const length = z.number().int().positive();
const probability = z.number().min(0).lt(1);

/** Options of `encoder/bert`. */
const bertOptions = z
  .strictObject({
    vocabulary: length.default(30_522).describe('Number of words, each with a vector; word 0 is padding.'),
    width: length.default(768).describe('Width of the tokens; a multiple of `heads`.'),
    depth: length.default(12).describe('Number of layers.'),
    fusionLayer: z
      .number()
      .int()
      .min(0)
      .optional()
      .describe('Number of layers that see the text alone; those behind attend to side tokens too. ALBEF takes 6. Default: all layers.'),
    heads: length.default(12).describe('Number of attention heads.'),
    hidden: length.default(3072).describe('Width between the two projections of the perceptrons.'),
    length: length.default(512).describe('Most words of a text.'),
    types: length.default(2).describe('Kinds of text that have a vector; every word is of the first.'),
    sideWidth: length.default(768).describe('Width of the side tokens.'),
    dropout: probability.default(0.1).describe('Probability of dropping a number of what a branch adds, in training.'),
    attentionDropout: probability.default(0.1).describe('Probability of dropping an attention weight, in training.'),
    epsilon: z.number().positive().default(1e-12).describe('Added to the variance in every layer norm.'),
    recompute: z
      .boolean()
      .default(false)
      .describe('Compute each layer again on the way back instead of keeping what it needs: less memory, more time.'),
  })
  .refine(({ width, heads }) => width % heads === 0, { error: 'expected a divisor of "width"', path: ['heads'] })
  .refine(({ fusionLayer, depth }) => fusionLayer === undefined || fusionLayer <= depth, {
    error: 'expected at most "depth"',
    path: ['fusionLayer'],
  });

/** Options of {@link bert} as people write them. */
export type BertOptions = z.input<typeof bertOptions>;

/** BERT-base, all layers of which see the text alone. 109 million parameters without its pooler. */
export const BERT_BASE = {} satisfies BertOptions;

/** ALBEF's text encoder: six layers for the text, six that attend to the image too. */
export const BERT_ALBEF = { fusionLayer: 6 } satisfies BertOptions;

/** Parts that a caller of {@link bert} makes instead. */
export interface BertLayers {
  /** Makes each layer from its number and the options that it would get. Default: {@link BertLayer}. */
  readonly layer?: (index: number, options: BertLayerOptions) => TokenLayer;
}

/** BERT. Throws ZodError for options that do not fit. */
export function bert(options: BertOptions = {}, { layer = (_index, own) => new BertLayer(own) }: BertLayers = {}): BertTransformer {
  const { depth, sideWidth, fusionLayer = depth, ...own } = bertOptions.parse(options);
  return new BertTransformer({
    ...own,
    fusionLayer,
    embeddings: new BertEmbeddings(own),
    layers: Array.from({ length: depth }, (_, index) => layer(index, { ...own, sideWidth: index < fusionLayer ? undefined : sideWidth })),
  });
}

/** `encoder/bert`. */
export const bertComponent = defineComponent({
  summary: 'BERT; with "fusionLayer" that of ALBEF, whose upper layers attend to image tokens.',
  paper: 'https://arxiv.org/abs/2107.07651',
  options: bertOptions,
  build: (options): TextEncoder => bert(options),
});

import { linear, norm, under, type KeyTable, type Layout, type TensorShapes } from './key-table.ts';

/** A layer of CLIP's transformers of one width. */
const layer = (width: string, hidden: string): TensorShapes => ({
  'attn.in_proj_weight': `3${width} ${width}`,
  'attn.in_proj_bias': `3${width}`,
  ...linear('attn.out_proj', width, width),
  ...norm('ln_1', width),
  ...linear('mlp.c_fc', hidden, width),
  ...linear('mlp.c_proj', width, hidden),
  ...norm('ln_2', width),
});

/** CLIP's vision transformer. */
export const CLIP_VISION: TensorShapes = {
  class_embedding: 'W',
  positional_embedding: 'N W',
  proj: 'W E',
  'conv1.weight': 'W 3 P P',
  ...norm('ln_pre', 'W'),
  ...under('transformer.resblocks.{}', layer('W', 'H')),
  ...norm('ln_post', 'W'),
};

/** CLIP's text side. */
export const CLIP_TEXT_TENSORS: TensorShapes = {
  positional_embedding: 'L C',
  text_projection: 'C E',
  ...under('transformer.resblocks.{}', layer('C', 'G')),
  'token_embedding.weight': 'V C',
  ...norm('ln_final', 'C'),
};

/** Sizes that OpenAI's archives note beside the weights. */
export const CLIP_NOTES = ['input_resolution', 'context_length', 'vocab_size'];

/** Sizes of the text side. */
export const CLIP_TEXT_SIZES = {
  textWidth: 'C',
  textDepth: '#transformer.resblocks.{}',
  length: 'L',
  vocabulary: 'V',
  projectedWidth: 'E',
};

/** A whole CLIP with a vision transformer. */
export const CLIP_VIT_LAYOUT: Layout = {
  id: 'clip-vit',
  tensors: { ...under('visual', CLIP_VISION), ...CLIP_TEXT_TENSORS, logit_scale: '' },
  ignored: CLIP_NOTES,
  sizes: { width: 'W', patch: 'P', depth: '#visual.transformer.resblocks.{}', tokens: 'N', ...CLIP_TEXT_SIZES },
};

/** OpenAI's `ViT-*.pt`. */
export const CLIP_VIT_TABLE: KeyTable = {
  id: 'clip-vit',
  title: 'CLIP with a vision transformer, as OpenAI publishes it',
  layout: CLIP_VIT_LAYOUT,
  marks: ['visual.class_embedding', 'visual.conv1.weight', 'token_embedding.weight'],
};

import { linear, norm, under, type KeyTable, type Layout, type TensorShapes } from './key-table.ts';

/** A layer under timm's names. */
export const VIT_LAYER: TensorShapes = {
  ...norm('norm1', 'W'),
  'attn.qkv.weight': '3W W',
  ...linear('attn.proj', 'W', 'W'),
  ...norm('norm2', 'W'),
  ...linear('mlp.fc1', 'H', 'W'),
  ...linear('mlp.fc2', 'W', 'H'),
};

/** A vision transformer under timm's names. */
export const VIT_TENSORS: TensorShapes = {
  cls_token: '1 1 W',
  pos_embed: '1 N W',
  'patch_embed.proj.weight': 'W 3 P P',
  'patch_embed.proj.bias': 'W',
  ...under('blocks.{}', VIT_LAYER),
  ...norm('norm', 'W'),
};

/** Biases that a transformer may be built without. */
export const VIT_OPTIONAL: TensorShapes = { 'blocks.{}.attn.qkv.bias': '3W' };

/** Classifiers and projections of other tasks. */
export const VIT_HEADS = ['head.*', 'head_dist.*', 'fc.*', 'fc_norm.*', 'pre_logits.*'];

/** Sizes of a transformer under this name. */
export const vitSizes = (place = ''): Readonly<Record<string, string>> => ({
  width: 'W',
  patch: 'P',
  depth: `#${place}blocks.{}`,
  hidden: 'H',
  tokens: 'N',
});

const LAYOUT: Layout = { id: 'vit', tensors: VIT_TENSORS, optional: VIT_OPTIONAL, ignored: VIT_HEADS, sizes: vitSizes() };

/** timm's vision transformers; DeiT, DINO and MAE have the same names. */
export const VIT_TABLE: KeyTable = {
  id: 'vit',
  title: 'a vision transformer under the names of timm',
  layout: LAYOUT,
  marks: ['cls_token', 'pos_embed', 'patch_embed.proj.weight', 'blocks.0.attn.qkv.weight'],
  without: ['part_token1'],
  prefixes: ['', 'backbone.', 'encoder.'],
};

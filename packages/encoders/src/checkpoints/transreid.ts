import { batchNorm, COUNTERS, norm, under, type KeyTable, type Layout, type TensorShapes } from './key-table.ts';
import { VIT_HEADS, VIT_LAYER, VIT_OPTIONAL, VIT_TENSORS, vitSizes } from './vit.ts';

const branch = (name: string): TensorShapes => ({
  ...under(`${name}.0`, VIT_LAYER),
  [`${name}.0.attn.qkv.bias`]: '3W',
  ...norm(`${name}.1`, 'W'),
});

/** Necks and classifiers: of the whole, and of the four groups of patches where there is a jigsaw branch. */
const HEADS: TensorShapes = {
  ...batchNorm('bottleneck', 'W'),
  'classifier.weight': 'K W',
  ...Object.assign({}, ...[1, 2, 3, 4].map((part) => ({ ...batchNorm(`bottleneck_${part}`, 'W'), [`classifier_${part}.weight`]: 'K W' }))),
};

const LAYOUT: Layout = {
  id: 'transreid',
  tensors: under('base', VIT_TENSORS),
  optional: {
    ...under('base', VIT_OPTIONAL),
    'base.sie_embed': 'R 1 W',
    'b1.0.attn.qkv.bias': '3W',
    ...branch('b1'),
    ...branch('b2'),
    ...HEADS,
  },
  ignored: [COUNTERS, ...VIT_HEADS.map((name) => `base.${name}`)],
  sizes: { ...vitSizes('base.'), identities: 'K', sides: 'R' },
};

/** What TransReID's released code saves, with or without its jigsaw branch and camera vectors. */
export const TRANSREID_TABLE: KeyTable = {
  id: 'transreid',
  title: 'a trained TransReID, or another vision transformer with necks and classifiers',
  layout: LAYOUT,
  marks: ['base.cls_token', 'base.pos_embed', 'base.blocks.0.attn.qkv.weight'],
  without: ['base.part_token1'],
};

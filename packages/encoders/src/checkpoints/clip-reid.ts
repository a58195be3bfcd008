import { CLIP_RESNET_VISION } from './clip-resnet.ts';
import { CLIP_VISION } from './clip-vit.ts';
import { batchNorm, COUNTERS, under, type KeyTable, type Layout, type TensorShapes } from './key-table.ts';

/** Necks and classifiers of both descriptors. */
const HEADS: TensorShapes = {
  ...batchNorm('bottleneck', '*'),
  ...batchNorm('bottleneck_proj', '*'),
  'classifier.weight': 'K *',
  'classifier_proj.weight': 'K *',
};

/** What a training of CLIP-ReID keeps beside the image side; the text side is CLIP's, unchanged. */
const OPTIONAL: TensorShapes = {
  cv_embed: 'R *',
  'prompt_learner.cls_ctx': 'K M *',
  'prompt_learner.token_prefix': '1 * *',
  'prompt_learner.token_suffix': '1 * *',
};
const ignored = [COUNTERS, 'text_encoder.*'];

const VIT: Layout = {
  id: 'clip-reid-vit',
  tensors: { ...under('image_encoder', CLIP_VISION), ...HEADS },
  optional: OPTIONAL,
  ignored,
  sizes: { width: 'W', patch: 'P', depth: '#image_encoder.transformer.resblocks.{}', tokens: 'N', projectedWidth: 'E', identities: 'K' },
};

const RESNET: Layout = {
  id: 'clip-reid-resnet',
  tensors: { ...under('image_encoder', CLIP_RESNET_VISION), ...HEADS },
  optional: OPTIONAL,
  ignored,
  sizes: {
    stem: 'S',
    ...Object.fromEntries([1, 2, 3, 4].map((index) => [`layer${index}`, `#image_encoder.layer${index}.{}`])),
    tokens: 'N',
    projectedWidth: 'E',
    identities: 'K',
  },
};

/** What CLIP-ReID's released code saves, with a vision transformer. */
export const CLIP_REID_VIT_TABLE: KeyTable = {
  id: 'clip-reid-vit',
  title: 'a trained CLIP-ReID with a vision transformer',
  layout: VIT,
  marks: ['image_encoder.class_embedding', 'bottleneck_proj.weight'],
};

/** The same with a residual network. */
export const CLIP_REID_RESNET_TABLE: KeyTable = {
  id: 'clip-reid-resnet',
  title: 'a trained CLIP-ReID with a residual network',
  layout: RESNET,
  marks: ['image_encoder.attnpool.c_proj.weight', 'bottleneck_proj.weight'],
};

import { CLIP_NOTES, CLIP_TEXT_SIZES, CLIP_TEXT_TENSORS } from './clip-vit.ts';
import { batchNorm, COUNTERS, linear, under, type KeyTable, type Layout, type TensorShapes } from './key-table.ts';

const bottleneck: TensorShapes = {
  'conv1.weight': 'a b 1 1',
  ...batchNorm('bn1', 'a'),
  'conv2.weight': 'a a 3 3',
  ...batchNorm('bn2', 'a'),
  'conv3.weight': '4a a 1 1',
  ...batchNorm('bn3', '4a'),
};

const stage = (name: string): TensorShapes => ({
  ...under(`${name}.{}`, bottleneck),
  [`${name}.0.downsample.0.weight`]: '* * 1 1',
  ...batchNorm(`${name}.0.downsample.1`, '*'),
});

/** CLIP's residual network. */
export const CLIP_RESNET_VISION: TensorShapes = {
  'conv1.weight': 'S 3 3 3',
  ...batchNorm('bn1', 'S'),
  'conv2.weight': 'S S 3 3',
  ...batchNorm('bn2', 'S'),
  'conv3.weight': '2S S 3 3',
  ...batchNorm('bn3', '2S'),
  ...stage('layer1'),
  ...stage('layer2'),
  ...stage('layer3'),
  ...stage('layer4'),
  'attnpool.positional_embedding': 'N W',
  ...linear('attnpool.k_proj', 'W', 'W'),
  ...linear('attnpool.q_proj', 'W', 'W'),
  ...linear('attnpool.v_proj', 'W', 'W'),
  ...linear('attnpool.c_proj', 'E', 'W'),
};

const layers = Object.fromEntries([1, 2, 3, 4].map((index) => [`layer${index}`, `#visual.layer${index}.{}`]));

/** A whole CLIP with a residual network. */
const CLIP_RESNET_LAYOUT: Layout = {
  id: 'clip-resnet',
  tensors: { ...under('visual', CLIP_RESNET_VISION), ...CLIP_TEXT_TENSORS, logit_scale: '' },
  ignored: [...CLIP_NOTES, COUNTERS],
  sizes: { stem: 'S', ...layers, width: 'W', tokens: 'N', ...CLIP_TEXT_SIZES },
};

/** OpenAI's `RN*.pt`. */
export const CLIP_RESNET_TABLE: KeyTable = {
  id: 'clip-resnet',
  title: 'CLIP with a residual network, as OpenAI publishes it',
  layout: CLIP_RESNET_LAYOUT,
  marks: ['visual.attnpool.c_proj.weight', 'visual.layer1.0.conv1.weight', 'token_embedding.weight'],
};

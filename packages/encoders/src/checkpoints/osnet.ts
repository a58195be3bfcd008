import { batchNorm, COUNTERS, linear, norm, under, type KeyTable, type Layout, type TensorShapes } from './key-table.ts';

const unit = (name: string, shape: string, width: string): TensorShapes => ({
  [`${name}.conv.weight`]: shape,
  ...batchNorm(`${name}.bn`, width),
});

const light = (name: string): TensorShapes => ({
  [`${name}.conv1.weight`]: 'm m 1 1',
  [`${name}.conv2.weight`]: 'm 1 3 3',
  ...batchNorm(`${name}.bn`, 'm'),
});

/** One block: four streams of one to four light convolutions, and the gate that they share. */
const block: TensorShapes = {
  ...unit('conv1', 'm a 1 1', 'm'),
  ...light('conv2a'),
  ...Object.assign(
    {},
    ...['conv2b', 'conv2c', 'conv2d'].map((name, i) =>
      Object.assign({}, ...Array.from({ length: i + 2 }, (_, step) => light(`${name}.${step}`))),
    ),
  ),
  ...linear('gate.fc1', 'g', 'm 1 1'),
  ...linear('gate.fc2', 'm', 'g 1 1'),
  'conv3.conv.weight': 'o m 1 1',
};

const stage = (name: string): TensorShapes => under(`${name}.{}`, block);

const LAYOUT: Layout = {
  id: 'osnet',
  tensors: {
    'conv1.conv.weight': 'S 3 7 7',
    ...norm('conv1.bn', 'S'),
    ...stage('conv2'),
    ...unit('conv2.2.0', '* * 1 1', '*'),
    ...stage('conv3'),
    ...unit('conv3.2.0', '* * 1 1', '*'),
    ...stage('conv4'),
    ...unit('conv5', 'D D 1 1', 'D'),
  },
  optional: {
    ...Object.assign(
      {},
      ...['conv2', 'conv3', 'conv4'].map((name) => ({
        ...unit(`${name}.{}.downsample`, 'o a 1 1', 'o'),
        ...batchNorm(`${name}.{}.conv3.bn`, 'o'),
        ...norm(`${name}.{}.IN`, 'o'),
      })),
    ),
    // With instance norm the first norm has no statistics.
    'conv1.bn.running_mean': 'S',
    'conv1.bn.running_var': 'S',
    ...linear('fc.0', 'Q', 'D'),
    ...batchNorm('fc.1', 'Q'),
  },
  ignored: [COUNTERS, 'classifier.*'],
  sizes: { stem: 'S', width: 'D', descriptor: 'Q' },
};

/** torchreid's OSNet of any width, also with instance norm. */
export const OSNET_TABLE: KeyTable = {
  id: 'osnet',
  title: 'OSNet, as torchreid names it',
  layout: LAYOUT,
  marks: ['conv1.conv.weight', 'conv2.0.conv2d.3.conv2.weight', 'conv5.conv.weight'],
};

import { batchNorm, COUNTERS, norm, under, type KeyTable, type Layout, type TensorShapes } from './key-table.ts';

/** Forms of a residual network: with two or three convolutions in a block, the latter also with instance norm in three stages. */
type Form = 'basic' | 'bottleneck' | 'ibn-a';

const basic: TensorShapes = {
  'conv1.weight': 'a b 3 3',
  ...batchNorm('bn1', 'a'),
  'conv2.weight': 'a a 3 3',
  ...batchNorm('bn2', 'a'),
};

const bottleneck = (hasInstanceNorm: boolean): TensorShapes => ({
  'conv1.weight': 'a b 1 1',
  ...(hasInstanceNorm ? { ...norm('bn1.IN', 'i'), ...batchNorm('bn1.BN', 'j') } : batchNorm('bn1', 'a')),
  'conv2.weight': 'a a 3 3',
  ...batchNorm('bn2', 'a'),
  'conv3.weight': '4a a 1 1',
  ...batchNorm('bn3', '4a'),
});

function stage(index: number, form: Form): TensorShapes {
  const name = `layer${index}`;
  const isWidened = index > 1 || form !== 'basic';
  return {
    ...under(`${name}.{}`, form === 'basic' ? basic : bottleneck(form === 'ibn-a' && index < 4)),
    ...(isWidened ? { [`${name}.0.downsample.0.weight`]: '* * 1 1', ...batchNorm(`${name}.0.downsample.1`, '*') } : {}),
  };
}

const network = (form: Form): TensorShapes => ({
  'conv1.weight': 'S 3 7 7',
  ...batchNorm('bn1', 'S'),
  ...stage(1, form),
  ...stage(2, form),
  ...stage(3, form),
  ...stage(4, form),
});

const sizes = (place: string): Readonly<Record<string, string>> => ({
  planes: 'S',
  ...Object.fromEntries([1, 2, 3, 4].map((index) => [`layer${index}`, `#${place}layer${index}.{}`])),
});

const FORMS: readonly (readonly [form: Form, title: string, mark: string, without: string[]])[] = [
  ['ibn-a', 'a residual network with IBN-a', 'layer1.0.bn1.IN.weight', []],
  ['bottleneck', 'a residual network of bottlenecks', 'layer1.0.conv3.weight', ['layer1.0.bn1.IN.weight']],
  ['basic', 'a residual network of basic blocks', 'layer1.0.conv2.weight', ['layer1.0.conv3.weight']],
];

/** Networks alone, as torchvision, torchreid and the pre-trained IBN models have them; their classifier is left out. */
const alone = FORMS.map(([form, title, mark, without]): KeyTable => {
  const layout: Layout = {
    id: `resnet-${form}`,
    tensors: network(form),
    ignored: [COUNTERS, 'fc.*', 'classifier.*', 'heads.*'],
    sizes: sizes(''),
  };
  return {
    id: layout.id,
    title: `${title}, as torchvision names it`,
    layout,
    marks: ['conv1.weight', mark],
    without,
    prefixes: ['', 'backbone.'],
  };
});

/** Networks with a neck and a classifier, as strong baselines of re-identification save them. */
const withHeads = FORMS.map(([form, title, mark, without]): KeyTable => {
  const layout: Layout = {
    id: `reid-resnet-${form}`,
    tensors: under('base', network(form)),
    optional: { ...batchNorm('bottleneck', 'D'), 'classifier.weight': 'K D' },
    ignored: [COUNTERS, 'base.fc.*'],
    sizes: { ...sizes('base.'), identities: 'K' },
  };
  const inside = (name: string): string => `base.${name}`;
  return {
    id: layout.id,
    title: `${title} with neck and classifier`,
    layout,
    marks: ['conv1.weight', mark].map(inside),
    without: without.map(inside),
  };
});

/** Residual networks, alone and in a baseline. */
export const RESNET_TABLES: readonly KeyTable[] = [...alone, ...withHeads];

import { defineRecipe, type Node, type Recipe } from '@reidkit/core-tensor';
import { chooseByName } from '../choose-by-name.ts';
import type { RecipeOptions } from '../recipe-options.ts';

interface Shape {
  readonly encoder: Node;
  readonly pooling: Node;
  readonly height: number;
  readonly width: number;
  readonly padding: number;
  /** Share of images that are erased in part. */
  readonly erasing: number;
  readonly identities: number;
  readonly images: number;
}

const CLASSES = { $ref: 'data.classes' };

/** ResNet-50 as "Bag of Tricks" trains it. */
const RESNET: Readonly<Record<string, Shape>> = {
  paper: {
    encoder: { use: 'encoder/resnet', options: { imageSize: [256, 128] } },
    pooling: { use: 'pooling/average' },
    height: 256,
    width: 128,
    padding: 10,
    erasing: 0.5,
    identities: 16,
    images: 4,
  },
  tiny: {
    encoder: { use: 'encoder/resnet', options: { block: 'basic', layers: [1, 1, 1, 1], planes: 16, imageSize: [64, 32] } },
    pooling: { use: 'pooling/average' },
    height: 64,
    width: 32,
    padding: 3,
    erasing: 0,
    identities: 16,
    images: 4,
  },
};

/** ViT-B/16 as TransReID's baseline trains it. */
const VIT: Readonly<Record<string, Shape>> = {
  paper: {
    ...RESNET.paper!,
    encoder: { use: 'encoder/vit', options: { imageSize: [256, 128], patch: 16, width: 768, depth: 12, heads: 12, dropPath: 0.1 } },
    pooling: { use: 'pooling/class-token' },
  },
  tiny: {
    ...RESNET.tiny!,
    encoder: { use: 'encoder/vit', options: { imageSize: [64, 32], patch: 8, width: 128, depth: 4, heads: 4, mlpRatio: 3, dropPath: 0 } },
    pooling: { use: 'pooling/average' },
  },
};

interface Training {
  readonly epochs: number;
  readonly optimizer: Node;
  readonly schedule: Node;
  readonly smoothing: number;
  readonly triplet: Readonly<Record<string, unknown>>;
  readonly constants: 'imagenet' | 'half';
}

const WARM_MULTISTEP: Node = {
  use: 'schedule/multistep',
  options: { milestones: [40, 70], gamma: 0.1, first: 1, warmup: { length: 10, factor: 0.1 } },
};

const RESNET_TRAINING: Readonly<Record<string, Training>> = {
  paper: {
    epochs: 120,
    optimizer: { use: 'optimizer/adam', options: { rate: 3.5e-4, weightDecay: 5e-4 } },
    schedule: WARM_MULTISTEP,
    smoothing: 0.1,
    triplet: { margin: 0.3 },
    constants: 'imagenet',
  },
  // Ours, for a network that starts from nothing: rate and length were chosen once, on synthetic people of seed 1.
  tiny: {
    epochs: 16,
    optimizer: { use: 'optimizer/adamw', options: { rate: 3e-3, weightDecay: 0.05 } },
    schedule: { use: 'schedule/cosine', options: { length: 16, least: 1e-5, warmup: { length: 2, factor: 0.1 } } },
    smoothing: 0.1,
    triplet: { margin: null },
    constants: 'half',
  },
};

const VIT_TRAINING: Readonly<Record<string, Training>> = {
  paper: {
    epochs: 120,
    optimizer: {
      use: 'optimizer/sgd',
      options: { rate: 0.008, momentum: 0.9, weightDecay: 1e-4, groups: [{ match: '*.bias', rateFactor: 2 }] },
    },
    schedule: { use: 'schedule/cosine', options: { length: 120, least: 1.6e-5, warmup: { length: 5, from: 8e-5 } } },
    smoothing: 0,
    triplet: { margin: null },
    constants: 'half',
  },
  tiny: RESNET_TRAINING.tiny!,
};

const PRESETS: Readonly<Record<string, readonly [Readonly<Record<string, Shape>>, Readonly<Record<string, Training>>]>> = {
  paper: [RESNET, RESNET_TRAINING],
  transreid: [VIT, VIT_TRAINING],
};

/**
 * The strong baseline: cross-entropy behind a batch-norm neck and batch-hard triplet in front of it. Preset `paper` is ResNet-50 as "Bag of
 * Tricks" trains it, `transreid` is ViT-B/16 as TransReID's baseline trains it; size `tiny` of either trains from nothing in minutes on a CPU.
 * Throws UNKNOWN_NAME for another preset or size.
 */
export function baseline({ preset = 'paper', size = 'paper', data = 'data/market1501' }: RecipeOptions = {}): Recipe {
  const [shapes, trainings] = chooseByName('baseline', 'preset', preset, PRESETS);
  const shape = chooseByName('baseline', 'size', size, shapes);
  const training = chooseByName('baseline', 'size', size, trainings);
  const { height, width, padding } = shape;
  const resize = (filter: string): Node => ({ use: 'transform/resize', options: { height, width, filter } });
  const normalize: Node = { use: 'transform/normalize', options: { constants: training.constants } };
  return defineRecipe({
    name: 'baseline',
    summary: 'A strong baseline: one encoder, batch-norm neck, cross-entropy and batch-hard triplet.',
    preset,
    size,
    model: { use: 'model/baseline', options: { encoder: shape.encoder, pooling: shape.pooling, classes: CLASSES } },
    streams: {
      main: {
        dataset: { use: 'dataset/market1501', options: { root: data } },
        sampler: { use: 'sampler/pk', options: { identities: shape.identities, images: shape.images } },
        transforms: [
          resize('bicubic'),
          { use: 'transform/flip' },
          { use: 'transform/pad-crop', options: { padding } },
          normalize,
          ...(shape.erasing > 0 ? [{ use: 'transform/random-erasing', options: { probability: shape.erasing } }] : []),
        ],
      },
    },
    stages: [
      {
        name: 'train',
        epochs: training.epochs,
        losses: {
          identity: { use: 'loss/cross-entropy', options: { smoothing: training.smoothing } },
          triplet: { use: 'loss/triplet', options: training.triplet },
        },
        optimizer: training.optimizer,
        schedule: training.schedule,
        evaluateEvery: size === 'tiny' ? 8 : 40,
      },
    ],
    evaluation: {
      transforms: [resize('bilinear'), normalize],
      protocol: { use: 'protocol/market1501' },
      scorer: { use: 'scorer/cosine', options: { descriptor: 'global.bn' } },
      batchSize: 64,
    },
  });
}

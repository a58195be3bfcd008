import { defineRecipe, type Node, type Recipe, type RecipeInput } from '@reidkit/core-tensor';
import { CLIP_RN50_PERSON, CLIP_TEXT, CLIP_TEXT_RN50, CLIP_VIT_B16_PERSON } from '@reidkit/encoders';
import { chooseByName } from '../choose-by-name.ts';
import type { RecipeOptions } from '../recipe-options.ts';

/** Sizes of a network and of the images it sees. */
interface Shape {
  readonly encoder: Node;
  readonly text: Node;
  readonly height: number;
  readonly width: number;
  readonly padding: number;
}

/** Length and rates of the two stages. */
interface Training {
  readonly prompts: { readonly epochs: number; readonly batchSize: number; readonly optimizer: Node; readonly schedule: Node };
  readonly image: {
    readonly epochs: number;
    readonly identities: number;
    readonly images: number;
    readonly optimizer: Node;
    readonly schedule: Node;
    readonly evaluateEvery: number;
  };
  /** Share of images that are erased in part. */
  readonly erasing: number;
}

const CAMERAS = { cameras: { $ref: 'data.cameras' } };

const text = (options: object): Node => ({ use: 'encoder/clip-text', options: { ...options, hasWords: false } });

const VIT_B16: Shape = {
  encoder: { use: 'encoder/clip-vision', options: CLIP_VIT_B16_PERSON },
  text: text(CLIP_TEXT),
  height: 256,
  width: 128,
  padding: 10,
};

const TINY_VIT = { imageSize: [64, 32], patch: 8, width: 128, depth: 4, heads: 4, projectedWidth: 64 };

const TINY: Shape = {
  encoder: { use: 'encoder/clip-vision', options: TINY_VIT },
  text: text({ width: 64, depth: 2, heads: 2, summaryWidth: 64, length: 16 }),
  height: 64,
  width: 32,
  padding: 3,
};

const TINY_RESNET = { imageSize: [64, 32], layers: [1, 1, 1, 1], width: 16, heads: 8, projectedWidth: 64, lastStride: 1, dense: true };

const withOptions = (node: Node, options: object): Node => ({ ...node, options: { ...(node.options as object), ...options } });

const SHAPES: Readonly<Record<string, Readonly<Record<string, Shape>>>> = {
  code: { paper: VIT_B16, tiny: TINY },
  'code-sie-olp': {
    paper: { ...VIT_B16, encoder: withOptions(VIT_B16.encoder, { stride: 12, ...CAMERAS }) },
    tiny: { ...TINY, encoder: withOptions(TINY.encoder, { stride: 6, ...CAMERAS }) },
  },
  'code-rn50': {
    paper: { ...VIT_B16, encoder: { use: 'encoder/clip-resnet', options: CLIP_RN50_PERSON }, text: text(CLIP_TEXT_RN50) },
    tiny: { ...TINY, encoder: { use: 'encoder/clip-resnet', options: TINY_RESNET } },
  },
};

/** Stage 1 as released. */
const PROMPTS: Training['prompts'] = {
  epochs: 120,
  batchSize: 64,
  optimizer: { use: 'optimizer/adam', options: { rate: 3.5e-4, weightDecay: 1e-4 } },
  schedule: { use: 'schedule/cosine', options: { length: 120, least: 1e-6, first: 1, warmup: { length: 5, from: 1e-5 } } },
};

const adam = (rate: number, weightDecay: number): Node => ({
  use: 'optimizer/adam',
  options: { rate, weightDecay, groups: [{ match: '*bias*', rateFactor: 2 }] },
});

const steps = (milestones: readonly number[], factor: number): Node => ({
  use: 'schedule/multistep',
  options: { milestones, gamma: 0.1, first: 1, warmup: { length: 10, factor } },
});

const VIT_TRAINING: Training = {
  prompts: PROMPTS,
  image: { epochs: 60, identities: 16, images: 4, optimizer: adam(5e-6, 1e-4), schedule: steps([30, 50], 0.1), evaluateEvery: 20 },
  erasing: 0.5,
};

const RN50_TRAINING: Training = {
  prompts: PROMPTS,
  image: { epochs: 120, identities: 16, images: 4, optimizer: adam(3.5e-4, 5e-4), schedule: steps([40, 70], 0.01), evaluateEvery: 40 },
  erasing: 0.5,
};

/** Ours, for towers that start from nothing: rates and lengths were chosen once, on synthetic people of seed 1. */
const TINY_TRAINING: Training = {
  prompts: {
    epochs: 20,
    batchSize: 64,
    optimizer: { use: 'optimizer/adam', options: { rate: 3e-3, weightDecay: 1e-4 } },
    schedule: { use: 'schedule/cosine', options: { length: 20, least: 1e-5, first: 1, warmup: { length: 2, from: 1e-4 } } },
  },
  image: {
    epochs: 16,
    identities: 16,
    images: 4,
    optimizer: { use: 'optimizer/adamw', options: { rate: 3e-3, weightDecay: 0.05 } },
    schedule: { use: 'schedule/cosine', options: { length: 16, least: 1e-5, warmup: { length: 2, factor: 0.1 } } },
    evaluateEvery: 8,
  },
  erasing: 0,
};

const TRAININGS: Readonly<Record<string, Readonly<Record<string, Training>>>> = {
  code: { paper: VIT_TRAINING, tiny: TINY_TRAINING },
  'code-sie-olp': { paper: VIT_TRAINING, tiny: TINY_TRAINING },
  'code-rn50': { paper: RN50_TRAINING, tiny: TINY_TRAINING },
};

type StageInput = RecipeInput['stages'][number];

/** Stage 1: vectors of words for every identity, against image features that are computed once. */
function promptStage({ prompts }: Training): StageInput {
  const contrast = (direction: string): object => ({
    use: 'loss/supervised-contrastive',
    options: { direction },
    reads: { images: 'batch.features', texts: 'outputs.text' },
  });
  return {
    name: 'prompts',
    epochs: prompts.epochs,
    streams: ['prompts'],
    pass: 'text',
    prepare: { imageFeatures: { use: 'prepare/features', options: { pass: 'plain', output: 'global.projected' } } },
    rows: { features: 'imageFeatures' },
    trainable: ['prompt_learner.cls_ctx'],
    losses: { imageToText: contrast('image-to-text'), textToImage: contrast('text-to-image') } as StageInput['losses'],
    optimizer: prompts.optimizer,
    schedule: prompts.schedule,
    produces: { prompts: ['prompt_learner.*'] },
  };
}

/** Stage 2: the image encoder, against the text features of all identities, which are computed once. */
function imageStage({ image }: Training): StageInput {
  const smoothing = { smoothing: 0.1 };
  const identity = (logits: string): object => ({
    use: 'loss/cross-entropy',
    options: smoothing,
    weight: 0.25,
    reads: { logits: `outputs.${logits}` },
  });
  const triplet = (embeddings: string): object => ({
    use: 'loss/triplet',
    options: { margin: 0.3 },
    reads: { embeddings: `outputs.${embeddings}` },
  });
  return {
    name: 'image',
    epochs: image.epochs,
    streams: ['main'],
    needs: ['prompts'],
    prepare: { textFeatures: { use: 'prepare/identities', options: { pass: 'text', output: 'text' } } },
    frozen: ['text_encoder.*', 'prompt_learner.*'],
    losses: {
      identity: identity('logits.global'),
      identityProjected: identity('logits.projected'),
      tripletLast: triplet('global.last'),
      triplet: triplet('global'),
      tripletProjected: triplet('global.projected'),
      imageToText: {
        use: 'loss/image-to-text',
        options: smoothing,
        reads: { images: 'outputs.global.projected', texts: 'artefact.textFeatures' },
      },
    } as StageInput['losses'],
    optimizer: image.optimizer,
    schedule: image.schedule,
    evaluateEvery: image.evaluateEvery,
  };
}

/**
 * CLIP-ReID: stage 1 learns words for each identity against frozen image features, stage 2 trains the image encoder against the text features
 * of all identities. Presets: `code` is ViT-B/16 as released, `code-sie-olp` adds camera vectors and overlapping patches, `code-rn50` is the
 * residual network. Size `tiny` of each trains from nothing in minutes on a CPU. Throws UNKNOWN_NAME for another preset or size.
 * @see Li, Sun and Li, "CLIP-ReID: Exploiting Vision-Language Model for Image Re-Identification without Concrete Text Labels" (AAAI 2023)
 */
export function clipReid({ preset = 'code', size = 'paper', data = 'data/market1501' }: RecipeOptions = {}): Recipe {
  const shape = chooseByName('clip-reid', 'size', size, chooseByName('clip-reid', 'preset', preset, SHAPES));
  const training = TRAININGS[preset]![size]!;
  const { height, width, padding } = shape;
  const resize = (filter: string): Node => ({ use: 'transform/resize', options: { height, width, filter } });
  const normalize: Node = { use: 'transform/normalize', options: { constants: 'half' } };
  const plain = [resize('bilinear'), normalize];
  const dataset: Node = { use: 'dataset/market1501', options: { root: data } };
  const { identities, images } = training.image;
  return defineRecipe({
    name: 'clip-reid',
    summary: 'CLIP-ReID: words learned for every identity, then the image encoder trained against them.',
    preset,
    size,
    model: { use: 'model/clip-reid', options: { encoder: shape.encoder, text: shape.text, classes: { $ref: 'data.classes' } } },
    streams: {
      main: {
        dataset,
        sampler: { use: 'sampler/pk', options: { identities, images } },
        transforms: [
          resize('bicubic'),
          { use: 'transform/flip' },
          { use: 'transform/pad-crop', options: { padding } },
          normalize,
          ...(training.erasing > 0 ? [{ use: 'transform/random-erasing', options: { probability: training.erasing } }] : []),
        ],
      },
      prompts: {
        dataset,
        sampler: { use: 'sampler/random', options: { batchSize: training.prompts.batchSize, last: 'keep' } },
        transforms: plain,
      },
    },
    stages: [promptStage(training), imageStage(training)],
    evaluation: {
      transforms: plain,
      protocol: { use: 'protocol/market1501' },
      scorer: { use: 'scorer/cosine', options: { descriptor: 'descriptor' } },
      batchSize: 64,
    },
  });
}

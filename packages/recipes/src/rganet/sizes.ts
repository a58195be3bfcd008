import type { Node } from '@reidkit/core-tensor';
import type { RganetModelOptions } from './model-options.ts';
import { CLIP_TEXT, CLIP_VIT_B16_PERSON, type ClipTextOptions } from '@reidkit/encoders';

/** Sizes of the networks and lengths of the stages. */
export interface Size {
  readonly encoder: { readonly imageSize: readonly [number, number]; readonly patch: number } & Readonly<Record<string, unknown>>;
  readonly text: ClipTextOptions;
  /** Options of the model that networks from nothing need. */
  readonly model: Pick<RganetModelOptions, 'neck' | 'gate'>;
  /** Margin of the triplets; null for the soft one. */
  readonly margin: number | null;
  readonly padding: number;
  /** Share of images that are erased in part. */
  readonly erasing: number;
  readonly prompts: {
    readonly epochs: number;
    readonly batchSize: number;
    /** Further parameters that learn beside the prompts. */
    readonly trainable: readonly string[];
    readonly optimizer: Node;
    readonly schedule: Node;
  };
  readonly main: {
    readonly epochs: number;
    readonly identities: number;
    readonly images: number;
    readonly optimizer: Node;
    readonly schedule: Node;
    readonly evaluateEvery: number;
    /** Whether the map goes on learning part masks beside everything else, where the first stage did. */
    readonly segmented: boolean;
  };
}

const adam: Node = { use: 'optimizer/adam', options: { rate: 5e-5, weightDecay: 5e-4 } };

const PAPER: Size = {
  encoder: CLIP_VIT_B16_PERSON,
  text: CLIP_TEXT,
  model: {},
  margin: 0.3,
  padding: 10,
  erasing: 0.5,
  prompts: { epochs: 30, batchSize: 64, trainable: [], optimizer: adam, schedule: { use: 'schedule/constant' } },
  main: {
    epochs: 120,
    identities: 16,
    images: 4,
    optimizer: adam,
    schedule: { use: 'schedule/multistep', options: { milestones: [40, 70], gamma: 0.1 } },
    evaluateEvery: 40,
    segmented: false,
  },
};

const adamw = (rate: number): Node => ({ use: 'optimizer/adamw', options: { rate, weightDecay: 0.05 } });
const cosine = (length: number): Node => ({ use: 'schedule/cosine', options: { length, least: 1e-5, warmup: { length: 1, factor: 0.1 } } });

/**
 * Ours, for towers that start from nothing. No CLIP has taught the image side what a head is, so it learns that beside the prompts; without
 * batch-norm necks and the soft margin everything ends in one point. Rates and lengths were chosen once, on occluded synthetic people of seed 1.
 */
const TINY: Size = {
  encoder: { imageSize: [96, 48], patch: 8, width: 96, depth: 3, heads: 4, projectedWidth: 64 },
  text: { width: 64, depth: 2, heads: 4, summaryWidth: 64, length: 16 },
  model: { neck: 'all', gate: { top: 0.5 } },
  margin: null,
  padding: 4,
  erasing: 0,
  prompts: { epochs: 6, batchSize: 64, trainable: ['image_encoder.*'], optimizer: adamw(2e-3), schedule: cosine(6) },
  main: { epochs: 16, identities: 16, images: 4, optimizer: adamw(2e-3), schedule: cosine(16), evaluateEvery: 8, segmented: true },
};

/** Small enough to train many times: for comparisons over seeds. */
const ABLATION: Size = {
  ...TINY,
  encoder: { ...TINY.encoder, imageSize: [64, 32] },
  padding: 3,
  main: { ...TINY.main, evaluateEvery: 0 },
};

/** Sizes by name. */
export const SIZES: Readonly<Record<string, Size>> = { paper: PAPER, tiny: TINY, ablation: ABLATION };

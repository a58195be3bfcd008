import type { Node } from '@reidkit/core-tensor';
import { CLIP_TEXT, CLIP_VIT_B16_PERSON } from '@reidkit/encoders';

/** Sizes of MUVA's towers, and how long and how fast they train. */
export interface MuvaSize {
  /** Options of `encoder/clip-vision` without those that the recipe sets. */
  readonly encoder: {
    readonly imageSize: readonly [height: number, width: number];
    readonly patch: number;
    readonly width: number;
    readonly depth: number;
    readonly heads: number;
    readonly projectedWidth: number;
  };
  /** Options of `encoder/clip-text`. */
  readonly text: object;
  readonly predictorHeads: number;
  /** Pixels that crops may move by. */
  readonly padding: number;
  readonly prompts: {
    readonly epochs: number;
    readonly rate: number;
    readonly temperature: number;
    /** End and warm-up of the schedule, instead of the reading's. */
    readonly own?: { readonly least: number; readonly warmup?: object };
  };
  readonly image: {
    readonly epochs: number;
    readonly identities: number;
    readonly images: number;
    /** Whether the patch convolution trains: it must where nothing was trained before. */
    readonly trainsPatches: boolean;
    readonly prototypeTemperature: number;
    readonly optimizer: (predictorDecay: number | undefined) => Node;
    readonly schedule: Node;
    readonly evaluateEvery: number;
  };
}

const PREDICTOR = 'residual_mask_predictor.*';

const groupOf = (rateFactor: number, weightDecay: number | undefined): object => ({
  match: PREDICTOR,
  rateFactor,
  ...(weightDecay === undefined ? {} : { weightDecay }),
});

const PAPER: MuvaSize = {
  encoder: CLIP_VIT_B16_PERSON as MuvaSize['encoder'],
  text: CLIP_TEXT,
  predictorHeads: 2,
  padding: 10,
  prompts: { epochs: 120, rate: 3.5e-4, temperature: 1 },
  image: {
    epochs: 60,
    identities: 16,
    images: 4,
    trainsPatches: false,
    prototypeTemperature: 0.01,
    optimizer: (decay) => ({ use: 'optimizer/adam', options: { rate: 5e-6, weightDecay: 1e-4, groups: [groupOf(10, decay)] } }),
    schedule: {
      use: 'schedule/multistep',
      options: { milestones: [30, 50], gamma: 0.1, first: 1, warmup: { length: 10, factor: 0.1 } },
    },
    evaluateEvery: 20,
  },
};

/** Ours, for towers that start from nothing: AdamW at a rate that moves them, and fewer epochs. */
const fromNothing = (epochs: { readonly prompts: number; readonly image: number }): Pick<MuvaSize, 'prompts' | 'image'> => ({
  prompts: { epochs: epochs.prompts, rate: 5e-3, temperature: 0.1, own: { least: 1e-5 } },
  image: {
    epochs: epochs.image,
    identities: 16,
    images: 4,
    trainsPatches: true,
    prototypeTemperature: 0.05,
    optimizer: (decay) => ({ use: 'optimizer/adamw', options: { rate: 2e-3, weightDecay: 0.05, groups: [groupOf(1, decay)] } }),
    schedule: { use: 'schedule/cosine', options: { length: epochs.image, least: 1e-5, warmup: { length: 2, factor: 0.1 } } },
    evaluateEvery: 0,
  },
});

/** The sizes of MUVA by name. */
export const MUVA_SIZES: Readonly<Record<string, MuvaSize>> = {
  paper: PAPER,
  tiny: {
    encoder: { imageSize: [64, 32], patch: 4, width: 96, depth: 3, heads: 4, projectedWidth: 48 },
    text: { width: 48, depth: 2, heads: 2, summaryWidth: 48, length: 20 },
    predictorHeads: 2,
    padding: 3,
    ...fromNothing({ prompts: 30, image: 14 }),
  },
  ablation: {
    encoder: { imageSize: [64, 32], patch: 4, width: 48, depth: 3, heads: 3, projectedWidth: 32 },
    text: { width: 32, depth: 2, heads: 2, summaryWidth: 32, length: 20 },
    predictorHeads: 2,
    padding: 3,
    ...fromNothing({ prompts: 20, image: 10 }),
  },
};

import type { Node } from '@reidkit/core-tensor';
import { BERT_ALBEF, type BertOptions, VIT_BASE_PATCH16, type VitOptions } from '@reidkit/encoders';

/** Sizes of the networks and length of training. */
export interface Size {
  readonly encoder: VitOptions & { readonly imageSize: readonly [number, number] };
  readonly garment: VitOptions & { readonly imageSize: readonly [number, number] };
  readonly text: BertOptions;
  readonly fusion: { readonly layers: number; readonly heads: number };
  readonly projected: number;
  /** Features that the queues hold. */
  readonly queue: number;
  readonly epochs: number;
  readonly identities: number;
  readonly images: number;
  /** Pairs of a batch of text-to-image search. */
  readonly pairs: number;
  /** Words of an instruction, marks included. */
  readonly words: number;
  /** Numbers of the word in front of every text, and of the one that stands for another. */
  readonly marks: { readonly start: number; readonly mask: number };
  readonly padding: number;
  /** Share of pictures that are erased in part. */
  readonly erasing: number;
  /** Whether triplets and comparison go by directions behind the necks. */
  readonly behindNecks: boolean;
  readonly optimizer: Node;
  readonly schedule: Node;
}

const PAPER: Size = {
  encoder: { ...VIT_BASE_PATCH16, imageSize: [256, 128] },
  garment: { ...VIT_BASE_PATCH16, imageSize: [128, 128], dropPath: 0, positionResize: 'bicubic' },
  text: BERT_ALBEF,
  fusion: { layers: 2, heads: 12 },
  projected: 256,
  queue: 65_536,
  epochs: 60,
  identities: 32,
  images: 4,
  pairs: 24,
  words: 70,
  marks: { start: 101, mask: 103 },
  padding: 10,
  erasing: 0.9,
  behindNecks: false,
  optimizer: { use: 'optimizer/adamw', options: { rate: 1e-5, weightDecay: 5e-4 } },
  schedule: { use: 'schedule/cosine', options: { unit: 'step', length: 24_000, warmup: { length: 1000, factor: 0.01 } } },
};

/** Ours, for towers that start from nothing. */
const TINY: Size = {
  encoder: { imageSize: [64, 32], patch: 8, width: 64, depth: 2, heads: 4, mlpRatio: 2, dropPath: 0 },
  garment: { imageSize: [32, 32], patch: 8, width: 64, depth: 1, heads: 4, mlpRatio: 2, dropPath: 0 },
  text: {
    vocabulary: 256,
    width: 64,
    depth: 2,
    fusionLayer: 1,
    heads: 4,
    hidden: 128,
    length: 40,
    sideWidth: 64,
    dropout: 0,
    attentionDropout: 0,
  },
  fusion: { layers: 1, heads: 4 },
  projected: 32,
  queue: 64,
  epochs: 24,
  identities: 8,
  images: 4,
  pairs: 16,
  words: 32,
  marks: { start: 2, mask: 4 },
  padding: 3,
  erasing: 0,
  behindNecks: true,
  optimizer: { use: 'optimizer/adamw', options: { rate: 2e-3, weightDecay: 0.05 } },
  schedule: { use: 'schedule/cosine', options: { length: 24, least: 1e-5, warmup: { length: 1, factor: 0.1 } } },
};

/** Sizes by name. */
export const SIZES: Readonly<Record<string, Size>> = { paper: PAPER, tiny: TINY };

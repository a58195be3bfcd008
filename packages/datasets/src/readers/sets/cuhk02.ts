import { cropComponent } from '../crop-component.ts';
import type { CropLayout, CropSource } from '../crop-layout.ts';

const TRAINING_PAIRS = 4;
/** Every pair of cameras numbers its people anew. */
const PAIR_STEP = 1000;

const pairSources = (pair: number, splits: readonly [string, string]): CropSource[] =>
  splits.map((split, i) => ({
    split,
    folder: `P${pair}/cam${i + 1}`,
    camera: 2 * (pair - 1) + i,
    identityOffset: pair * PAIR_STEP,
  }));

/** Camera pairs P1 to P4 are for training, P5 for test: camera 9 asks, camera 10 answers. */
export const CUHK02: CropLayout = {
  name: 'cuhk02',
  title: 'CUHK02',
  folders: ['cuhk02', 'CUHK02', 'Dataset'],
  sources: [
    ...Array.from({ length: TRAINING_PAIRS }, (_, i) => pairSources(i + 1, ['train', 'train'])).flat(),
    ...pairSources(TRAINING_PAIRS + 1, ['query', 'gallery']),
  ],
  pattern: /^(?<identity>\d+)_/,
  example: '001_1.png',
  cameras: 10,
};

/**
 * `dataset/cuhk02`. P1 … P5 with cam1 and cam2; identities are 1000 times the pair and the number in it. Li and Wang, "Locally Aligned Feature
 * Transforms across Views", CVPR 2013; on request, for academic research.
 */
export const cuhk02 = cropComponent(CUHK02, {
  summary: 'CUHK02: 1,816 people before five pairs of cameras; for academic research.',
  paper: 'https://doi.org/10.1109/CVPR.2013.460',
});

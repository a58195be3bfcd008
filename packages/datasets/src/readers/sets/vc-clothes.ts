import { defineComponent, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import type { CropLayout } from '../crop-layout.ts';
import { cropOptions } from '../crop-options.ts';
import { readCrops } from '../read-crops.ts';

/** Cameras of the test images by mode: all, same clothes, changed clothes. */
const CAMERAS = { all: undefined, sc: [2, 3], cc: [3, 4] } as const;

const only = (cameras: readonly number[] | undefined): { cameras?: readonly number[] } => (cameras ? { cameras } : {});

/** The layout under a mode; training is the same in all. */
export const vcClothesLayout = (mode: keyof typeof CAMERAS): CropLayout => ({
  name: 'vc-clothes',
  title: 'VC-Clothes',
  folders: ['VC-Clothes', 'vc-clothes', 'VC_Clothes'],
  sources: [
    { split: 'train', folder: 'train' },
    { split: 'query', folder: 'query', ...only(CAMERAS[mode]) },
    { split: 'gallery', folder: 'gallery', ...only(CAMERAS[mode]) },
  ],
  pattern: /^(?<identity>\d{4})-(?<camera>\d\d)-(?<clothes>\d\d)-\d\d/,
  example: '0001-01-01-05.jpg',
  extension: '.jpg',
  cameras: 4,
  outfitOf: ({ identity, clothes }) => `${identity}${clothes}`,
  version: mode,
});

/**
 * `dataset/vc-clothes`. Folders train, query, gallery; names are person-camera-clothes-number. Wan et al., "When Person Re-identification
 * Meets Changing Clothes", CVPR workshops 2020; rendered images, for academic research.
 */
export const vcClothes = defineComponent({
  summary: 'VC-Clothes: 512 rendered people in one to three outfits before four cameras; for academic research.',
  paper: 'https://arxiv.org/abs/2003.04070',
  options: z.strictObject({
    ...cropOptions,
    mode: z
      .enum(['all', 'sc', 'cc'])
      .default('all')
      .describe('test images: all, cameras 2 and 3 (same clothes), cameras 3 and 4 (changed clothes)'),
  }),
  build: ({ mode, ...options }): DatasetReader => ({ name: 'vc-clothes', read: () => readCrops(vcClothesLayout(mode), options) }),
});

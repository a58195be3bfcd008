import { defineComponent, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { cropOptions } from '../crop-options.ts';
import type { CropLayout } from '../crop-layout.ts';
import { readEitherForm } from '../read-either-form.ts';

const SHARED = {
  name: 'occluded-reid',
  title: 'Occluded-REID',
  folders: ['Occluded_REID', 'OccludedREID', 'Occluded-REID', 'occluded_reid'],
  lastIdentity: 200,
} as const;

/** Both forms on disk: a folder per person with .tif, and flat folders with .jpg. The second number is the image's, not a camera's. */
export const OCCLUDED_REID: readonly CropLayout[] = [
  {
    ...SHARED,
    sources: [
      { split: 'query', folder: 'occluded_body_images', depth: 1, camera: 0 },
      { split: 'gallery', folder: 'whole_body_images', depth: 1, camera: 1 },
    ],
    pattern: /^\d+\/(?<identity>\d+)_\d+\.\w+$/,
    example: '043/043_01.tif',
  },
  {
    ...SHARED,
    sources: [
      { split: 'query', folder: 'query', camera: 0 },
      { split: 'gallery', folder: 'gallery', camera: 1 },
    ],
    pattern: /^(?<identity>\d+)_\d+\.\w+$/,
    example: '043_01.jpg',
  },
];

/**
 * `dataset/occluded-reid`. Test only: occluded queries (camera 0), whole bodies as gallery (camera 1); the data know no cameras. Zhuo et al.,
 * "Occluded Person Re-identification", ICME 2018; for academic research.
 */
export const occludedReid = defineComponent({
  summary: 'Occluded-REID: 200 people, five occluded and five whole images each; test only, for academic research.',
  paper: 'https://arxiv.org/abs/1804.02792',
  options: z.strictObject(cropOptions),
  build: (options): DatasetReader => ({ name: SHARED.name, read: () => readEitherForm(OCCLUDED_REID, options) }),
});

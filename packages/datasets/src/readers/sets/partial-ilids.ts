import { defineComponent, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import type { CropLayout } from '../crop-layout.ts';
import { cropOptions } from '../crop-options.ts';
import { readEitherForm } from '../read-either-form.ts';

const SHARED = {
  name: 'partial-ilids',
  title: 'Partial-iLIDS',
  folders: ['Partial_iLIDS', 'PartialiLIDS', 'Partial-iLIDS', 'Partial_ilids'],
  pattern: /^(?<identity>\d+)(_\d+)?\.\w+$/,
  example: '030.jpg',
} as const;

/** Both forms on disk: names that are the person's number, and names with a running number behind it. */
export const PARTIAL_ILIDS: readonly CropLayout[] = [
  {
    ...SHARED,
    sources: [
      { split: 'query', folder: 'partial_body_images', camera: 0 },
      { split: 'gallery', folder: 'whole_body_images', camera: 1 },
    ],
  },
  {
    ...SHARED,
    sources: [
      { split: 'query', folder: 'query', camera: 0 },
      { split: 'gallery', folder: 'gallery', camera: 1 },
    ],
    example: '030_1.jpg',
  },
];

/**
 * `dataset/partial-ilids`. Test only: one partial image (camera 0) and one whole image (camera 1) of each person; the data know no cameras.
 * Zheng et al., "Partial Person Re-identification", ICCV 2015, from i-LIDS; for academic research.
 */
export const partialIlids = defineComponent({
  summary: 'Partial-iLIDS: 119 people, one partial and one whole image each; test only, for academic research.',
  paper: 'https://doi.org/10.1109/ICCV.2015.531',
  options: z.strictObject(cropOptions),
  build: (options): DatasetReader => ({ name: SHARED.name, read: () => readEitherForm(PARTIAL_ILIDS, options) }),
});

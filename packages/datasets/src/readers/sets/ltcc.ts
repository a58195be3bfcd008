import { cropComponent } from '../crop-component.ts';
import type { CropLayout } from '../crop-layout.ts';

/** Names say person, outfit and camera; outfits are numbered anew for every person. */
export const LTCC: CropLayout = {
  name: 'ltcc',
  title: 'LTCC',
  folders: ['LTCC_ReID', 'LTCC-reID', 'ltcc'],
  sources: [
    { split: 'train', folder: 'train' },
    { split: 'query', folder: 'query' },
    { split: 'gallery', folder: 'test' },
  ],
  pattern: /^(?<clothes>(?<identity>\d+)_\d+)_c(?<camera>\d+)_/,
  example: '094_1_c9_015884.png',
  cameras: 12,
  extension: '.png',
};

/**
 * `dataset/ltcc`. Folders train, query, test. Qian et al., "Long-Term Cloth-Changing Person Re-identification", ACCV 2020; on request, for
 * academic research.
 */
export const ltcc = cropComponent(LTCC, {
  summary: 'LTCC: 152 people in 478 outfits before twelve cameras; for academic research.',
  paper: 'https://arxiv.org/abs/2005.12633',
});

import { cropComponent } from '../crop-component.ts';
import type { CropLayout } from '../crop-layout.ts';

const TRAIN_NAME = /^\d+\/(?<identity>\d+)_(?:[^/]*_)?(?<clothes>[^_./]+)\.\w+$/;

/** Only training images know their outfit; no image knows its camera. */
export const LAST: CropLayout = {
  name: 'last',
  title: 'LaST',
  folders: ['last', 'LaST'],
  sources: [
    { split: 'train', folder: 'train', depth: 1, pattern: TRAIN_NAME },
    { split: 'query', folder: 'test/query' },
    { split: 'gallery', folder: 'test/gallery', depth: 1 },
    { split: 'val_query', folder: 'val/query', isOptional: true },
    { split: 'val_gallery', folder: 'val/gallery', depth: 1, isOptional: true },
  ],
  pattern: /^(?:[^/]+\/)?(?<identity>\d+)_/,
  example: '000000_a_b_c_d_1.jpg',
  extension: '.jpg',
  outfitOf: ({ identity, clothes }) => (clothes === undefined ? undefined : `${identity}_${clothes}`),
};

/**
 * `dataset/last`. train/PERSON, test/query, test/gallery/PERSON; no cameras, so evaluate with cameraFilter "none". Shu et al., "Large-Scale
 * Spatio-Temporal Person Re-identification", 2021; for academic research.
 */
export const last = cropComponent(LAST, {
  summary: 'LaST: 10,862 people of films, no cameras; for academic research.',
  paper: 'https://arxiv.org/abs/2105.15076',
});

import { cropComponent } from '../crop-component.ts';
import type { CropLayout } from '../crop-layout.ts';

/** Occluded is camera 0 and whole is camera 1; the `c` of the name is not used, as published. */
export const P_DUKEMTMC: CropLayout = {
  name: 'p-dukemtmc',
  title: 'P-DukeMTMC-reID',
  folders: ['P-DukeMTMC-reID', 'P-DukeMTMC-reid', 'P_DukeMTMC', 'p-dukemtmc'],
  sources: [
    { split: 'train', folder: 'train/occluded_body_images', depth: 1, camera: 0 },
    { split: 'train', folder: 'train/whole_body_images', depth: 1, camera: 1 },
    { split: 'query', folder: 'test/occluded_body_images', depth: 1, camera: 0 },
    { split: 'gallery', folder: 'test/whole_body_images', depth: 1, camera: 1 },
  ],
  pattern: /^\d+\/(?<identity>\d+)_c\d+/,
  example: '0326/0326_c5_f0316778.jpg',
  extension: '.jpg',
};

/**
 * `dataset/p-dukemtmc`. A folder per person below occluded and whole bodies. Zhuo et al., "Occluded Person Re-identification", ICME 2018; the
 * images are those of DukeMTMC-reID, which was withdrawn.
 */
export const pDukemtmc = cropComponent(P_DUKEMTMC, {
  summary: 'P-DukeMTMC-reID: occluded and whole images of 1,299 people; its images were withdrawn in 2019.',
  paper: 'https://arxiv.org/abs/1804.02792',
});

import type { CropLayout } from '../crop-layout.ts';
import { halvedPair } from '../halved-pair.ts';

/** One image of each person before each of two cameras; names are person and viewing angle. */
export const VIPER: CropLayout = {
  name: 'viper',
  title: 'VIPeR',
  folders: ['VIPeR', 'viper'],
  sources: [
    { split: 'query', folder: 'cam_a', camera: 0 },
    { split: 'gallery', folder: 'cam_b', camera: 1 },
  ],
  pattern: /^(?<identity>\d+)_\d+\.\w+$/,
  example: '000_45.bmp',
  extension: '.bmp',
};

/** `dataset/viper`. cam_a and cam_b. Gray et al., "Evaluating Appearance Models for Recognition", PETS 2007; for academic research. */
export const viper = halvedPair(
  { layout: VIPER, training: (people) => Math.floor(people / 2) },
  {
    summary: 'VIPeR: 632 people, one image before each of two cameras; random halves.',
    paper: 'https://doi.org/10.1007/978-3-540-88682-2_21',
  },
);

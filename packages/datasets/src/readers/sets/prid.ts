import type { CropLayout } from '../crop-layout.ts';
import { halvedPair } from '../halved-pair.ts';

const COMMON = 200;

/** People 1 to 200 are before both cameras; above that a number means another person under each camera. */
export const PRID: CropLayout = {
  name: 'prid',
  title: 'PRID 2011 (single shot)',
  folders: ['prid_2011', 'prid2011', 'PRID2011', 'prid'],
  sources: [
    { split: 'query', folder: 'single_shot/cam_a', camera: 0 },
    { split: 'gallery', folder: 'single_shot/cam_b', camera: 1 },
  ],
  pattern: /^person_(?<identity>\d{4})\.\w+$/,
  example: 'person_0001.png',
};

/** `dataset/prid`. single_shot/cam_a and cam_b. Hirzer et al., "Person Re-identification by Descriptive and Discriminative Classification", SCIA 2011. */
export const prid = halvedPair(
  { layout: PRID, training: (people) => Math.floor(people / 2), lastCommon: COMMON },
  {
    summary: 'PRID 2011, single shot: 200 people before both of two cameras, 549 before one; random halves.',
    paper: 'https://doi.org/10.1007/978-3-642-21227-7_9',
  },
);

import { cropComponent } from '../crop-component.ts';
import type { CropLayout } from '../crop-layout.ts';

/** A folder per person below occluded (camera 0) and whole bodies (camera 1). */
export const P_ETHZ: CropLayout = {
  name: 'p-ethz',
  title: 'P-ETHZ',
  folders: ['P_ETHZ', 'P-ETHZ', 'p_ethz'],
  sources: [
    { split: 'query', folder: 'occluded_body_images', depth: 1, camera: 0 },
    { split: 'gallery', folder: 'whole_body_images', depth: 1, camera: 1 },
  ],
  pattern: /^\d+\/(?<identity>\d+)_\d+\.\w+$/,
  example: '001/001_06.png',
};

/** `dataset/p-ethz`. Test only. Zhuo et al., "Occluded Person Re-identification", ICME 2018, from ETHZ; for academic research. */
export const pEthz = cropComponent(P_ETHZ, {
  summary: 'P-ETHZ: occluded and whole images of 85 people; test only, for academic research.',
  paper: 'https://arxiv.org/abs/1804.02792',
});

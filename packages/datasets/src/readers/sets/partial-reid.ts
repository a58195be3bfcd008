import { cropComponent } from '../crop-component.ts';
import type { CropLayout } from '../crop-layout.ts';

/** Two flat folders; the second number is the image's, not a camera's. */
export const PARTIAL_REID: CropLayout = {
  name: 'partial-reid',
  title: 'Partial-REID',
  folders: ['Partial_REID', 'PartialREID', 'Partial-REID', 'partial_reid'],
  sources: [
    { split: 'query', folder: 'partial_body_images', camera: 0 },
    { split: 'gallery', folder: 'whole_body_images', camera: 1 },
  ],
  pattern: /^(?<identity>\d+)_\d+\.\w+$/,
  example: '001_001.jpg',
  extension: '.jpg',
};

/**
 * `dataset/partial-reid`. Test only: parts of bodies as queries (camera 0), whole bodies as gallery (camera 1); the data know no cameras.
 * Zheng et al., "Partial Person Re-identification", ICCV 2015; for academic research.
 */
export const partialReid = cropComponent(PARTIAL_REID, {
  summary: 'Partial-REID: 60 people, five partial and five whole images each; test only, for academic research.',
  paper: 'https://doi.org/10.1109/ICCV.2015.531',
});

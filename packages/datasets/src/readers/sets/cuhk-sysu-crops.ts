import { cropComponent } from '../crop-component.ts';
import type { CropLayout } from '../crop-layout.ts';

/** People cut out of CUHK-SYSU's frames, as some toolkits hand them on; for training. */
export const CUHK_SYSU_CROPS: CropLayout = {
  name: 'cuhk-sysu-crops',
  title: 'crops of CUHK-SYSU',
  folders: ['cuhksysu', 'cuhk_sysu', 'CUHK-SYSU'],
  sources: [{ split: 'train', folder: 'cropped_images', camera: 0 }],
  pattern: /^p(?<identity>\d+)_s\d+_\d+\.\w+$/,
  example: 'p1315_s14601_2.jpg',
};

/** `dataset/cuhk-sysu-crops`. Folder cropped_images; all of one camera, so it is for training alone. */
export const cuhkSysuCrops = cropComponent(CUHK_SYSU_CROPS, {
  summary: 'People cut out of CUHK-SYSU’s frames, for training; for academic research.',
  paper: 'https://arxiv.org/abs/1604.01850',
});

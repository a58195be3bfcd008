import { defineComponent, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { cropOptions } from '../crop-options.ts';
import { readCrops } from '../read-crops.ts';
import { MARKET_1501 } from './market-layouts.ts';

const DISTRACTORS = { split: 'gallery', folder: 'images' };

/**
 * `dataset/market1501`. Folders bounding_box_train, query, bounding_box_test; identity −1 is junk, 0 a distractor. Zheng et al., "Scalable
 * Person Re-identification: A Benchmark", ICCV 2015; for academic research.
 */
export const market1501 = defineComponent({
  summary: 'Market-1501: 1,501 people before six cameras; for academic research.',
  paper: 'https://doi.org/10.1109/ICCV.2015.133',
  options: z.strictObject({
    ...cropOptions,
    distractors: z.boolean().default(false).describe('add the folder "images" (500,000 distractors) to the gallery'),
  }),
  build: ({ distractors, ...options }): DatasetReader => ({
    name: 'market1501',
    read: () => readCrops(distractors ? { ...MARKET_1501, sources: [...MARKET_1501.sources, DISTRACTORS] } : MARKET_1501, options),
  }),
});

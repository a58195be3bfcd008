import { defineComponent, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { cropOptions } from '../crop-options.ts';
import { readCrops } from '../read-crops.ts';
import { MARKET_STYLE } from './market-layouts.ts';

/** `dataset/market-style`: own data in the layout of Market-1501. */
export const marketStyle = defineComponent({
  summary: 'Own data in the layout of Market-1501, with any people and cameras.',
  options: z.strictObject({
    ...cropOptions,
    cameras: z.number().int().min(1).max(10_000).optional().describe('number of cameras; names with a larger one are an error'),
  }),
  build: ({ cameras, ...options }): DatasetReader => ({
    name: 'market-style',
    read: () => readCrops(cameras === undefined ? MARKET_STYLE : { ...MARKET_STYLE, cameras }, options),
  }),
});

import { defineComponent, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { readMarketStyle } from './market-style.ts';
import { MARKET_1501, MARKET_STYLE, SYNTHETIC } from './market-style-layout.ts';

const root = z.string().min(1).describe('the folder with bounding_box_train, query and bounding_box_test, or the one above');
const sidecar = z
  .enum(['auto', 'require', 'ignore'])
  .default('auto')
  .describe('records.jsonl beside the folders: join it when it is there, require it, or ignore it');

/** `dataset/market1501`. */
export const market1501 = defineComponent({
  summary: 'Market-1501: 1,501 people before six cameras.',
  paper: 'https://doi.org/10.1109/ICCV.2015.133',
  options: z.strictObject({
    root,
    distractors: z.boolean().default(false).describe('add the folder "images" (500,000 distractors) to the gallery'),
    sidecar,
  }),
  build: (options): DatasetReader => ({ name: 'market1501', read: () => readMarketStyle(MARKET_1501, options) }),
});

/** `dataset/market-style`: own data in the layout of Market-1501. */
export const marketStyle = defineComponent({
  summary: 'Own data in the layout of Market-1501, with any people and cameras.',
  options: z.strictObject({
    root,
    cameras: z.number().int().min(1).max(10_000).optional().describe('number of cameras; names with a larger one are an error'),
    sidecar,
  }),
  build: (options): DatasetReader => ({ name: 'market-style', read: () => readMarketStyle(MARKET_STYLE, options) }),
});

/** `dataset/synthetic`: pedestrians drawn by this package. */
export const synthetic = defineComponent({
  summary: 'Synthetic pedestrians: the layout of Market-1501 and a sidecar with masks, parts, captions and clothes.',
  options: z.strictObject({ root, sidecar: sidecar.default('require') }),
  build: (options): DatasetReader => ({ name: 'synthetic', read: () => readMarketStyle(SYNTHETIC, options) }),
});

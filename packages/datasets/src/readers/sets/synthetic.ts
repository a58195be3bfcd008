import { defineComponent, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { cropOptions } from '../crop-options.ts';
import { readCrops } from '../read-crops.ts';
import { SYNTHETIC } from './market-layouts.ts';

/** `dataset/synthetic`: pedestrians drawn by this package. */
export const synthetic = defineComponent({
  summary: 'Synthetic pedestrians: the layout of Market-1501 and a sidecar with masks, parts, captions and clothes.',
  options: z.strictObject({ ...cropOptions, sidecar: cropOptions.sidecar.default('require') }),
  build: (options): DatasetReader => ({ name: 'synthetic', read: () => readCrops(SYNTHETIC, options) }),
});

import { defineComponent, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import type { CropLayout } from '../crop-layout.ts';
import { cropOptions } from '../crop-options.ts';
import { readCrops } from '../read-crops.ts';
import { marketSources } from './market-layouts.ts';

type Form = 'detected' | 'labeled';

/** The layout of one of the two forms of CUHK03-NP. */
export const cuhk03NpLayout = (form: Form): CropLayout => ({
  name: 'cuhk03-np',
  title: `CUHK03-NP (${form})`,
  folders: ['cuhk03np', 'CUHK03_NP', 'cuhk03-np', 'CUHK03-NP'],
  sources: marketSources(`${form}/`),
  pattern: /^(?<identity>-?\d+)_c(?<camera>\d)(?!\d)/,
  example: '0001_c1_1.png',
  cameras: 2,
  extension: '.png',
  version: form,
});

/**
 * `dataset/cuhk03-np`. The new protocol in folders: `detected` and `labeled`, each with Market-1501's three. Zhong et al., "Re-ranking Person
 * Re-identification with k-reciprocal Encoding", CVPR 2017, on Li et al., CVPR 2014; for academic research.
 */
export const cuhk03Np = defineComponent({
  summary: 'CUHK03 under the new protocol, as extracted folders: 767 people for training, 700 for test; for academic research.',
  paper: 'https://arxiv.org/abs/1701.08398',
  options: z.strictObject({
    ...cropOptions,
    form: z.enum(['detected', 'labeled']).default('detected').describe('boxes of a detector, which are usually reported, or drawn by hand'),
  }),
  build: ({ form, ...options }): DatasetReader => ({ name: 'cuhk03-np', read: () => readCrops(cuhk03NpLayout(form), options) }),
});

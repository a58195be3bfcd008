import { defineComponent, type Dataset, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import type { CropLayout, CropSource } from '../crop-layout.ts';
import { cropOptions } from '../crop-options.ts';
import { gatherList } from '../gather-list.ts';
import { openCrops } from '../read-crops.ts';

const options = z.strictObject({
  ...cropOptions,
  trial: z.number().int().min(1).max(10).default(1).describe('which of the ten published halvings'),
  query: z.enum(['visible', 'thermal']).default('visible').describe('which images are the queries; the others are the gallery'),
});

type Options = z.output<typeof options>;

/** The data know no cameras: visible is camera 0, thermal camera 1. */
const KINDS = { visible: { camera: 0, modality: 'visible' }, thermal: { camera: 1, modality: 'infrared' } } as const;

const sourcesOf = ({ trial, query }: Pick<Options, 'trial' | 'query'>): (CropSource & { readonly list: string })[] =>
  (['train', 'test'] as const).flatMap((part) =>
    (['visible', 'thermal'] as const).map((kind) => ({
      split: part === 'train' ? part : kind === query ? 'query' : 'gallery',
      folder: '',
      ...KINDS[kind],
      list: `idx/${part}_${kind}_${trial}.txt`,
    })),
  );

/** The layout of a trial. */
export const regdbLayout = (choice: Pick<Options, 'trial' | 'query'>): CropLayout => ({
  name: 'regdb',
  title: 'RegDB',
  folders: ['RegDB', 'regdb'],
  needs: sourcesOf(choice).map(({ list }) => list),
  sources: sourcesOf(choice),
  pattern: /^(?:Visible|Thermal)\/(?<identity>\d+)\//,
  example: 'Visible/4/female_back_v_00300_4.bmp',
  cameraNames: ['visible', 'thermal'],
  extension: '.bmp',
  version: `trial ${choice.trial}, ${choice.query} queries`,
});

async function read({ root, sidecar, ...choice }: Options): Promise<Dataset> {
  const gathering = await openCrops(regdbLayout(choice), root);
  for (const { list, ...source } of sourcesOf(choice)) await gatherList({ list, source, identityFrom: 'path' }, gathering);
  return gathering.finish({ sidecar });
}

/**
 * `dataset/regdb`. idx/{train,test}_{visible,thermal}_{1…10}.txt, images in Visible/PERSON and Thermal/PERSON. Nguyen et al., "Person
 * Recognition System Based on a Combination of Body Images from Visible Light and Thermal Cameras", Sensors 2017; for academic research.
 */
export const regdb = defineComponent({
  summary: 'RegDB: 412 people, ten visible and ten thermal images each, ten halvings; for academic research.',
  paper: 'https://doi.org/10.3390/s17030605',
  options,
  build: (chosen): DatasetReader => ({ name: 'regdb', read: () => read(chosen) }),
});

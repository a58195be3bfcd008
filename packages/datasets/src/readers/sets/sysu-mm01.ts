import { defineComponent, type Dataset, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import type { CropGathering } from '../crop-gathering.ts';
import type { CropLayout, CropSource } from '../crop-layout.ts';
import { cropOptions } from '../crop-options.ts';
import { readNumberList } from '../number-list.ts';
import { listSource, openCrops } from '../read-crops.ts';
import { drawTrialGallery } from '../trial-gallery.ts';

const INFRARED = [3, 6];
const VISIBLE = { all: [1, 2, 4, 5], indoor: [1, 2] } as const;
const PATH = /^(?<identity>\d+)\//;

const options = z.strictObject({
  ...cropOptions,
  search: z.enum(['all', 'indoor']).default('all').describe('gallery cameras: 1, 2, 4 and 5, or the indoor ones 1 and 2'),
  trial: z
    .union([z.literal('all'), z.number().int().min(0).max(99)])
    .default('all')
    .describe('whole gallery, or one image per person and camera as published for this trial (0 to 9)'),
});

type Options = z.output<typeof options>;

const sourceOf = (split: string, camera: number): CropSource => ({
  split,
  folder: `cam${camera}`,
  depth: 1,
  camera: camera - 1,
  modality: INFRARED.includes(camera) ? 'infrared' : 'visible',
});

/** Cameras 3 and 6 are infrared; both are queried in the indoor search, too. */
export const sysuLayout = ({ search, trial }: Pick<Options, 'search' | 'trial'>): CropLayout => ({
  name: 'sysu-mm01',
  title: 'SYSU-MM01',
  folders: ['SYSU-MM01', 'sysu-mm01', 'SYSU_MM01'],
  needs: ['exp/train_id.txt', 'exp/val_id.txt', 'exp/test_id.txt', ...[1, 2, 3, 4, 5, 6].map((camera) => `cam${camera}`)],
  sources: [
    ...[1, 2, 3, 4, 5, 6].map((camera) => sourceOf('train', camera)),
    ...INFRARED.map((camera) => sourceOf('query', camera)),
    ...VISIBLE[search].map((camera) => sourceOf('gallery', camera)),
  ],
  pattern: PATH,
  example: '0062/0001.jpg',
  cameras: 6,
  extension: '.jpg',
  version: `${search}${trial === 'all' ? '' : `, trial ${trial}`}`,
});

const identityIn = (file: string): number => Number(file.split('/')[1]);

async function gatherGallery(
  sources: readonly CropSource[],
  identities: ReadonlySet<number>,
  gathering: CropGathering,
  trial: number,
): Promise<void> {
  const candidates = [];
  for (const source of sources) {
    for (const file of await listSource(source, gathering)) {
      if (identities.has(identityIn(file))) candidates.push({ file, identity: identityIn(file), camera: source.camera! });
    }
  }
  for (const file of drawTrialGallery(candidates, trial)) {
    gathering.add(
      file,
      sources.find(({ folder }) => file.startsWith(`${folder}/`))!,
    );
  }
}

async function read({ root, sidecar, ...choice }: Options): Promise<Dataset> {
  const layout = sysuLayout(choice);
  const gathering = await openCrops(layout, root);
  const numbers = (name: string): Promise<number[]> => readNumberList(gathering.root, `exp/${name}_id.txt`, gathering.findings);
  const training = new Set([...(await numbers('train')), ...(await numbers('val'))]);
  const test = new Set(await numbers('test'));
  const isDrawn = ({ split }: CropSource): boolean => split === 'gallery' && choice.trial !== 'all';
  for (const source of layout.sources.filter((candidate) => !isDrawn(candidate))) {
    const identities = source.split === 'train' ? training : test;
    for (const file of await listSource(source, gathering)) gathering.add(file, { ...source, identities });
  }
  if (choice.trial !== 'all') await gatherGallery(layout.sources.filter(isDrawn), test, gathering, choice.trial);
  return gathering.finish({ sidecar });
}

/**
 * `dataset/sysu-mm01`. camN/PERSON/*.jpg and exp/{train,val,test}_id.txt; training joins train and val. Wu et al., "RGB-Infrared
 * Cross-Modality Person Re-Identification", ICCV 2017; on request, for academic research.
 */
export const sysuMm01 = defineComponent({
  summary: 'SYSU-MM01: 491 people before four visible and two infrared cameras; for academic research.',
  paper: 'https://doi.org/10.1109/ICCV.2017.575',
  options,
  build: (chosen): DatasetReader => ({ name: 'sysu-mm01', read: () => read(chosen) }),
});

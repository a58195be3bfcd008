import { defineComponent, type Dataset, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import type { CropLayout } from '../crop-layout.ts';
import { cropOptions } from '../crop-options.ts';
import { drawTraining } from '../draw-training.ts';
import { PythonRandom } from '../python-random.ts';
import { listSource, openCrops } from '../read-crops.ts';

/** Four digits of the person, then the number of the image, which published loaders use as the camera: so every image has its own. */
export const ILIDS: CropLayout = {
  name: 'ilids',
  title: 'i-LIDS',
  folders: ['i-LIDS_Pedestrian', 'ilids', 'iLIDS'],
  needs: ['Persons'],
  sources: [
    { split: 'train', folder: 'Persons' },
    { split: 'query', folder: 'Persons' },
    { split: 'gallery', folder: 'Persons' },
  ],
  pattern: /^(?<identity>\d{4})(?<camera>\d{3})\.\w+$/,
  example: '0001001.jpg',
};

const options = z.strictObject({
  ...cropOptions,
  trial: z.number().int().min(0).max(99).default(0).describe('which random halving; average over ten'),
});

async function read({ root, sidecar, trial }: z.output<typeof options>): Promise<Dataset> {
  const gathering = await openCrops({ ...ILIDS, version: `trial ${trial}` }, root);
  const [train, query, gallery] = ILIDS.sources;
  const images = new Map<number, string[]>();
  for (const file of await listSource(train!, gathering)) {
    const identity = Number(ILIDS.pattern.exec(file.slice(train!.folder.length + 1))?.groups?.identity);
    images.set(identity, [...(images.get(identity) ?? []), file]);
  }
  const people = [...images.keys()].filter((identity) => images.get(identity)!.length > 1);
  const taught = drawTraining(people, Math.floor(people.length / 2), trial);
  const random = new PythonRandom(trial);
  for (const [identity, files] of images) {
    if (Number.isNaN(identity) || taught.has(identity) || files.length === 1) {
      for (const file of files) gathering.add(file, train!);
      continue;
    }
    const asked = random.below(files.length);
    const other = random.below(files.length - 1);
    gathering.add(files[asked]!, query!);
    gathering.add(files[other < asked ? other : other + 1]!, gallery!);
  }
  return gathering.finish({ sidecar });
}

/**
 * `dataset/ilids`. Persons/PPPPNNN.jpg; random halves, of each test person one query and one gallery image. Zheng et al., "Associating Groups
 * of People", BMVC 2009; for academic research.
 */
export const ilids = defineComponent({
  summary: 'i-LIDS: 119 people in an airport, 476 images; random halves.',
  paper: 'https://doi.org/10.5244/C.23.23',
  options,
  build: (chosen): DatasetReader => ({ name: 'ilids', read: () => read(chosen) }),
});

import { defineComponent, type Dataset, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { matField, matItems, matNumbers, matStructs, type MatValue } from '../../files/mat-values.ts';
import type { CropLayout } from '../crop-layout.ts';
import { cropOptions } from '../crop-options.ts';
import { readAnnotation } from '../read-annotation.ts';
import { listSource, openCrops } from '../read-crops.ts';

const PARTITIONS = 'features_and_partitions.mat';

/** Names are person, camera and more; person 0 stands for strangers in the gallery. */
export const GRID: CropLayout = {
  name: 'grid',
  title: 'GRID',
  folders: ['underground_reid', 'grid', 'GRID'],
  needs: ['probe', 'gallery', PARTITIONS],
  sources: [
    { split: 'query', folder: 'probe' },
    { split: 'gallery', folder: 'gallery' },
  ],
  pattern: /^(?<identity>\d{4})_(?<camera>\d+)_/,
  example: '0001_1_25004_107_32_106_221.jpeg',
};

const options = z.strictObject({
  ...cropOptions,
  trial: z.number().int().min(0).max(9).default(0).describe('which of the ten published partitions'),
});

/** The third field of the struct of a trial lists the people for training. */
function trainingOf(cell: MatValue): ReadonlySet<number> {
  const [fields] = cell.kind === 'structs' ? matStructs(cell) : matStructs(matItems(cell)[0]!);
  return new Set(matNumbers([...fields!.values()][2]!));
}

async function read({ root, sidecar, trial }: z.output<typeof options>): Promise<Dataset> {
  const layout = { ...GRID, version: `trial ${trial}` };
  const gathering = await openCrops(layout, root);
  const partition = (variables: ReadonlyMap<string, MatValue>): ReadonlySet<number> =>
    trainingOf(matItems(matField(variables, 'trainIdxAll', PARTITIONS))[trial]!);
  const training = (await readAnnotation(gathering, PARTITIONS, partition)) ?? new Set<number>();
  for (const source of layout.sources) {
    for (const file of await listSource(source, gathering)) {
      const identity = Number(GRID.pattern.exec(file.slice(source.folder.length + 1))?.groups?.identity);
      gathering.add(file, training.has(identity) ? { ...source, split: 'train' } : source);
    }
  }
  return gathering.finish({ sidecar });
}

/** `dataset/grid`. probe, gallery and ten partitions. Loy et al., "Multi-camera Activity Correlation Analysis", CVPR 2009; for academic research. */
export const grid = defineComponent({
  summary: 'GRID: 250 people in a metro station, 775 images of strangers in the gallery; ten published partitions.',
  paper: 'https://doi.org/10.1109/CVPR.2009.5206827',
  options,
  build: (chosen): DatasetReader => ({ name: 'grid', read: () => read(chosen) }),
});

import { defineComponent, type Dataset, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import type { CropGathering } from '../crop-gathering.ts';
import type { CropLayout } from '../crop-layout.ts';
import { cropOptions } from '../crop-options.ts';
import { PythonRandom } from '../python-random.ts';
import { listSource, openCrops, type CropReading } from '../read-crops.ts';

const TEST = /^(?<identity>\d+)\//;

interface Choice {
  readonly query: 'changed' | 'same';
  readonly gallery: 'all' | number;
}

/** A and B show the same clothes, C others: gallery A, queries C (changed) or B (same). */
export const prccLayout = ({ query, gallery }: Choice): CropLayout => ({
  name: 'prcc',
  title: 'PRCC',
  folders: ['prcc', 'PRCC'],
  needs: ['rgb/train', 'rgb/test/A', 'rgb/test/B', 'rgb/test/C'],
  sources: [
    { split: 'train', folder: 'rgb/train', depth: 1 },
    { split: 'val', folder: 'rgb/val', depth: 1, isOptional: true },
    query === 'changed'
      ? { split: 'query', folder: 'rgb/test/C', depth: 1, camera: 2, pattern: TEST }
      : { split: 'query', folder: 'rgb/test/B', depth: 1, camera: 1, pattern: TEST },
    { split: 'gallery', folder: 'rgb/test/A', depth: 1, camera: 0, pattern: TEST },
  ],
  pattern: /^(?<identity>\d+)\/(?<camera>[ABC])_/,
  example: '002/A_cropped_rgb001.jpg',
  cameraNames: ['A', 'B', 'C'],
  cameras: 3,
  extension: '.jpg',
  outfitOf: ({ identity }, camera) => `${identity}${camera === 2 ? 'C' : ''}`,
  version: `${query} clothes, ${gallery === 'all' ? 'whole gallery' : `single-shot gallery ${gallery}`}`,
});

const SHOTS = 10;
const SHOT_SEED = 3;

/** One of the ten published single-shot galleries: of each person a random image, people and images in the order of their sorted names. */
function singleShot(files: readonly string[], number: number): string[] {
  const people = new Map<string, string[]>();
  for (const file of [...files].sort()) {
    const person = file.slice(0, file.lastIndexOf('/'));
    people.set(person, [...(people.get(person) ?? []), file]);
  }
  const random = new PythonRandom(SHOT_SEED);
  let drawn: string[] = [];
  for (let shot = 0; shot <= number; shot++) drawn = [...people.values()].map((images) => random.choice(images));
  return drawn;
}

async function read(choice: Choice, { root, ...end }: CropReading): Promise<Dataset> {
  const layout = prccLayout(choice);
  const gathering: CropGathering = await openCrops(layout, root);
  for (const source of layout.sources) {
    const files = await listSource(source, gathering);
    const isDrawn = source.split === 'gallery' && choice.gallery !== 'all';
    for (const file of isDrawn ? singleShot(files, Number(choice.gallery)) : files) gathering.add(file, source);
  }
  return gathering.finish(end);
}

/**
 * `dataset/prcc`. rgb/train/PERSON/[ABC]_*.jpg, rgb/test/[ABC]/PERSON/*.jpg. Yang et al., "Person Re-identification by Contour Sketch under
 * Moderate Clothing Change", PAMI 2021; for academic research.
 */
export const prcc = defineComponent({
  summary: 'PRCC: 221 people in two outfits before three cameras; for academic research.',
  paper: 'https://arxiv.org/abs/2002.02295',
  options: z.strictObject({
    ...cropOptions,
    query: z.enum(['changed', 'same']).default('changed').describe('queries in other clothes than the gallery (C), or in the same (B)'),
    gallery: z
      .union([
        z.literal('all'),
        z
          .number()
          .int()
          .min(0)
          .max(SHOTS - 1),
      ])
      .default('all')
      .describe('all of camera A, or the number of one of the ten single-shot galleries'),
  }),
  build: ({ query, gallery, ...options }): DatasetReader => ({ name: 'prcc', read: () => read({ query, gallery }, options) }),
});

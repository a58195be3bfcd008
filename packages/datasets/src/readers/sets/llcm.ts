import { defineComponent, type Dataset, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import type { CropGathering } from '../crop-gathering.ts';
import type { CropLayout, CropSource } from '../crop-layout.ts';
import { cropOptions } from '../crop-options.ts';
import { gatherList } from '../gather-list.ts';
import { readNumberList } from '../number-list.ts';
import { listSource, openCrops } from '../read-crops.ts';
import { drawTrialGallery } from '../trial-gallery.ts';

const PATH = /^cam(?<camera>\d+)\/(?<identity>\d+)\//;

const options = z.strictObject({
  ...cropOptions,
  query: z.enum(['infrared', 'visible']).default('infrared').describe('which images are the queries; the others are the gallery'),
  trial: z
    .union([z.literal('all'), z.number().int().min(0).max(99)])
    .default('all')
    .describe('whole gallery, or one image per person and camera as published for this trial (0 to 9)'),
});

type Options = z.output<typeof options>;

/** Training by lists, test images by folder; the visible cameras are 1 to 9, the infrared ones leave out 3. */
export const llcmLayout = ({ query, trial }: Pick<Options, 'query' | 'trial'>): CropLayout => ({
  name: 'llcm',
  title: 'LLCM',
  folders: ['LLCM', 'llcm'],
  needs: ['idx/train_vis.txt', 'idx/train_nir.txt', 'idx/test_id.txt', 'test_vis', 'test_nir'],
  sources: [
    { split: 'train', folder: 'vis', list: 'idx/train_vis.txt', modality: 'visible' },
    { split: 'train', folder: 'nir', list: 'idx/train_nir.txt', modality: 'infrared' },
    { split: query === 'visible' ? 'query' : 'gallery', folder: 'test_vis', depth: 2, modality: 'visible' },
    { split: query === 'infrared' ? 'query' : 'gallery', folder: 'test_nir', depth: 2, modality: 'infrared' },
  ],
  pattern: PATH,
  example: 'cam2/0465/0465_c02_s196267_f9930.jpg',
  extension: '.jpg',
  cameras: 9,
  version: `${query} queries${trial === 'all' ? '' : `, trial ${trial}`}`,
});

function galleryOf(files: readonly string[], { folder }: CropSource, people: ReadonlySet<number>, trial: number): string[] {
  const candidates = files.flatMap((file) => {
    const groups = PATH.exec(file.slice(folder.length + 1))?.groups;
    const identity = Number(groups?.identity);
    return groups && people.has(identity) ? [{ file, identity, camera: Number(groups.camera) }] : [];
  });
  return drawTrialGallery(candidates, trial);
}

async function gatherTest(sources: readonly CropSource[], gathering: CropGathering, trial: Options['trial']): Promise<void> {
  const people = new Set(await readNumberList(gathering.root, 'idx/test_id.txt', gathering.findings));
  for (const source of sources) {
    const files = await listSource(source, gathering);
    const taken = source.split === 'gallery' && trial !== 'all' ? galleryOf(files, source, people, trial) : files;
    for (const file of taken) gathering.add(file, { ...source, identities: people });
  }
}

async function read({ root, sidecar, ...choice }: Options): Promise<Dataset> {
  const layout = llcmLayout(choice);
  const gathering = await openCrops(layout, root);
  const [visible, infrared, ...test] = layout.sources;
  for (const [list, source] of [['idx/train_vis.txt', visible!] as const, ['idx/train_nir.txt', infrared!] as const]) {
    // The lists name vis/… and nir/… themselves.
    await gatherList({ list, source: { ...source, folder: '', pattern: /^(?:vis|nir)\/cam(?<camera>\d+)\/(?<identity>\d+)\// }, identityFrom: 'path' }, gathering); // prettier-ignore
  }
  await gatherTest(test, gathering, choice.trial);
  return gathering.finish({ sidecar });
}

/**
 * `dataset/llcm`. idx/train_vis.txt and train_nir.txt, idx/test_id.txt, test_vis and test_nir with camN/PERSON. Zhang and Wang, "Diverse
 * Embedding Expansion Network and Low-Light Cross-Modality Benchmark", CVPR 2023; on request, for academic research.
 */
export const llcm = defineComponent({
  summary: 'LLCM: 1,064 people in low light, visible and near infrared, before nine cameras; for academic research.',
  paper: 'https://arxiv.org/abs/2303.14481',
  options,
  build: (chosen): DatasetReader => ({ name: 'llcm', read: () => read(chosen) }),
});

import { join } from 'node:path';
import { defineComponent, type Dataset, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { CropGathering } from '../crop-gathering.ts';
import type { CropLayout } from '../crop-layout.ts';
import { cropOptions } from '../crop-options.ts';
import { findRoot } from '../data-root.ts';
import { isFolder } from '../existing-folder.ts';
import { FindingList } from '../finding-list.ts';
import { gatherList } from '../gather-list.ts';

const SPLITS = ['train', 'val', 'query', 'gallery'] as const;

/** Folders of training and test images by version: V1 shows faces, V2 blurs them. */
const FOLDERS = { V1: ['train', 'test'], V2: ['mask_train_v2', 'mask_test_v2'] } as const;

/** What MSMT17 with lists is known by. */
export const MSMT17_SEARCH = {
  title: 'MSMT17 (lists)',
  folders: ['MSMT17_V1', 'MSMT17_V2', 'MSMT17', 'msmt17'],
  needs: SPLITS.map((split) => `list_${split}.txt`),
};

const options = z.strictObject({
  ...cropOptions,
  val: z
    .enum(['join', 'apart'])
    .default('join')
    .describe('validation images join training, as published numbers have it, or stay a split of their own'),
  onBadList: z
    .enum(['stop', 'skip'])
    .default('stop')
    .describe('lines that cannot be read and files that are not there stop the reading, or are reported and left out'),
});

type Options = z.output<typeof options>;

const layoutOf = (version: keyof typeof FOLDERS, val: Options['val']): CropLayout => ({
  name: 'msmt17',
  title: `MSMT17 ${version}`,
  folders: MSMT17_SEARCH.folders,
  sources: SPLITS.map((split) => ({
    split: split === 'val' && val === 'join' ? 'train' : split,
    list: `list_${split}.txt`,
    folder: FOLDERS[version][split === 'train' || split === 'val' ? 0 : 1],
  })),
  pattern: /^(?:[^/]+\/)?\d+_\d+_(?<camera>\d+)_/,
  example: '0000/0000_000_01_0303morning_0015_0.jpg',
  cameras: 15,
  extension: '.jpg',
  numbersRestart: true,
  version,
});

async function versionAt(root: string): Promise<keyof typeof FOLDERS> {
  const isFirst = await isFolder(join(root, FOLDERS.V1[0]));
  return !isFirst && (await isFolder(join(root, FOLDERS.V2[0]))) ? 'V2' : 'V1';
}

/** Labels of the lists are 0 … C − 1; a gap means a damaged list. */
function checkGaps(labels: readonly number[], { findings }: CropGathering): void {
  const there = new Set(labels);
  const missing = Array.from({ length: Math.max(-1, ...there) + 1 }, (_, label) => label).filter((label) => !there.has(label));
  if (missing.length === 0) return;
  const shown = missing.slice(0, 10).join(', ');
  const message = `The training identities of list_train.txt and list_val.txt leave out ${missing.length} of 0 to ${Math.max(...there)} (${shown}); labels are numbered anew, ${there.size} in all.`;
  findings.add({ severity: 'warning', rule: 'label-gap', message, files: ['list_train.txt'], count: missing.length });
}

async function read({ root: given, val, onBadList, sidecar }: Options): Promise<Dataset> {
  const findings = new FindingList();
  const root = await findRoot(MSMT17_SEARCH, given, findings);
  const layout = layoutOf(await versionAt(root), val);
  const gathering = new CropGathering(root, layout, findings);
  const labels: number[] = [];
  for (const [i, split] of SPLITS.entries()) {
    const found = await gatherList({ list: `list_${split}.txt`, source: layout.sources[i]!, identityFrom: 'label' }, gathering);
    if (split === 'train' || split === 'val') for (const label of found) labels.push(label);
  }
  checkGaps(labels, gathering);
  return gathering.finish({ sidecar, goesOn: onBadList === 'skip', optional: ['val'] });
}

/**
 * `dataset/msmt17`. list_{train,val,query,gallery}.txt with `path label` per line, folders train and test (V1) or mask_train_v2 and
 * mask_test_v2 (V2). Test identities are numbered from 0 again and are other people than the training identities. Wei et al., "Person
 * Transfer GAN to Bridge Domain Gap", CVPR 2018; on request, for academic research.
 */
export const msmt17 = defineComponent({
  summary: 'MSMT17, V1 (clear faces) or V2 (blurred), by its lists: 4,101 people before fifteen cameras; for academic research.',
  paper: 'https://arxiv.org/abs/1711.08565',
  options,
  build: (chosen): DatasetReader => ({ name: 'msmt17', read: () => read(chosen) }),
});

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineComponent, type CropRecord, type Dataset, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { readBlankList } from '../blank-lists.ts';
import { joinSidecars } from '../../sidecars/join-sidecars.ts';
import { findRoot, type RootSearch } from '../data-root.ts';
import { cropOptions } from '../crop-options.ts';
import { counted, FindingList, someOf } from '../finding-list.ts';
import { finishDataset } from '../finish-dataset.ts';
import { naturalOrder } from '../natural-order.ts';
import { missingOf } from '../present-files.ts';

/** What the test part of COCAS+ is known by. */
export const COCAS_PLUS_SEARCH: RootSearch = {
  title: 'COCAS+ Real2',
  folders: ['COCAS+', 'COCAS-plus', 'cocas+', 'cocas', 'real2', 'Real2'],
  needs: ['query.txt', 'gallery.txt', 'images'],
};

const REAL1: RootSearch = {
  title: 'COCAS+ Real1',
  folders: ['COCAS+', 'COCAS-plus', 'cocas+', 'cocas', 'real1', 'Real1'],
  needs: ['train.txt', 'images'],
};

const options = z.strictObject({
  ...cropOptions,
  part: z.enum(['real2', 'real1']).default('real2').describe('Real2 has query.txt and gallery.txt, Real1 train.txt'),
});

const LINE = { fields: [4, 5], whole: [], form: 'image [template] identity clothes camera' };

type Named = Omit<CropRecord, 'clothes'> & { readonly outfit: string };

/** With five fields the second is a picture of the clothes to look for. */
async function readList(root: string, list: string, split: string, findings: FindingList): Promise<Named[]> {
  const lines = await readBlankList(root, list, LINE, findings);
  return lines.flatMap(({ line, fields }): Named[] => {
    const [file = '', ...rest] = fields;
    const numbers = rest.slice(-3);
    if (!numbers.every((field) => /^\d{1,9}$/.test(field))) {
      const message = `${list} line ${line}: identity, clothes and camera are ${numbers.join(' ')}, no whole numbers`;
      findings.add({ severity: 'error', rule: 'bad-line', message, files: [list] });
      return [];
    }
    const [identity, clothes, camera] = numbers.map(Number);
    const template = rest.length === 4 ? rest[0]! : undefined;
    return [
      {
        form: 'crop',
        file,
        identity: identity!,
        camera: camera!,
        split,
        outfit: `${identity}_${clothes}`,
        ...(template === undefined ? {} : { instruction: { image: template } }),
      },
    ];
  });
}

const filesOf = ({ file, instruction }: Named): string[] => [file, ...(instruction && 'image' in instruction ? [instruction.image] : [])];

async function read({ root: given, part, sidecar: mode }: z.output<typeof options>): Promise<Dataset> {
  const findings = new FindingList();
  const root = await findRoot(part === 'real2' ? COCAS_PLUS_SEARCH : REAL1, given, findings);
  const lists = { train: 'train.txt', query: 'query.txt', gallery: 'gallery.txt' };
  const named: Record<string, Named[]> = {};
  for (const [split, list] of Object.entries(lists)) {
    if (existsSync(join(root, list))) named[split] = await readList(root, list, split, findings);
  }
  const all = Object.values(named).flat();
  for (const file of await missingOf(root, all.flatMap(filesOf))) findings.addFile('missing-file', file);
  findings.explain(
    'missing-file',
    'error',
    (files) => `the lists name ${counted(files.length, 'picture')} that cannot be found: ${someOf(files)}`,
  );
  const clothesNames = [...new Set(all.map(({ outfit }) => outfit))].sort(naturalOrder);
  const ranks = new Map(clothesNames.map((name, rank) => [name, rank]));
  const recordOf = ({ outfit, ...record }: Named): CropRecord => ({ ...record, clothes: ranks.get(outfit)! });
  const splits = Object.fromEntries(Object.entries(named).map(([split, records]) => [split, records.map(recordOf)]));
  const joined = await joinSidecars(splits, { root, mode, excluded: new Set() }, findings);
  return finishDataset({ name: 'cocas-plus', root, splits: joined, excluded: [], findings, version: part, clothesNames });
}

/**
 * `dataset/cocas-plus`: a query is a person and a picture of the clothes to look for. Cameras are numbered as the lists have them. Li et al.,
 * "COCAS+: Large-scale clothes-changing person re-identification with clothes templates", TCSVT 2023; on request, for academic research.
 */
export const cocasPlus = defineComponent({
  summary: 'COCAS+: people in changed clothes and pictures of garments as queries; for academic research.',
  options,
  build: (chosen): DatasetReader => ({ name: 'cocas-plus', read: () => read(chosen) }),
});

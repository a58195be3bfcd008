import {
  defineComponent,
  type Component,
  type CropRecord,
  type Dataset,
  type DatasetReader,
  type TextRecord,
} from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { readCaptionRows, type CaptionRow } from '../caption-rows.ts';
import { joinSidecars } from '../../sidecars/join-sidecars.ts';
import { findRoot, type RootSearch } from '../data-root.ts';
import { cropOptions } from '../crop-options.ts';
import { counted, FindingList, someOf } from '../finding-list.ts';
import { finishDataset } from '../finish-dataset.ts';
import { missingOf } from '../present-files.ts';

/** A data set of images with captions, in one JSON list. */
interface CaptionSet {
  readonly name: string;
  readonly search: RootSearch;
  readonly file: string;
  readonly imageKey: string;
  /** Training identities run from here without a gap. */
  readonly firstIdentity: number;
  /** The camera in an image's name, from 1, where it tells one. */
  readonly camera?: RegExp;
}

const search = (title: string, folders: readonly string[], file: string): RootSearch => ({ title, folders, needs: ['imgs', file] });

/** The three data sets, by name. */
export const CAPTION_SETS = {
  'cuhk-pedes': {
    name: 'cuhk-pedes',
    search: search('CUHK-PEDES', ['CUHK-PEDES', 'cuhk_pedes'], 'reid_raw.json'),
    file: 'reid_raw.json',
    imageKey: 'file_path',
    firstIdentity: 1,
  },
  'icfg-pedes': {
    name: 'icfg-pedes',
    search: search('ICFG-PEDES', ['ICFG-PEDES', 'ICFG_PEDES'], 'ICFG-PEDES.json'),
    file: 'ICFG-PEDES.json',
    imageKey: 'file_path',
    firstIdentity: 0,
    camera: /\/\d+_\d+_(\d+)_[^/]*$/,
  },
  rstpreid: {
    name: 'rstpreid',
    search: search('RSTPReid', ['RSTPReid', 'RSTPReID'], 'data_captions.json'),
    file: 'data_captions.json',
    imageKey: 'img_path',
    firstIdentity: 0,
    camera: /(?:^|\/)\d+_c(\d+)_[^/]*$/,
  },
} as const satisfies Record<string, CaptionSet>;

const options = z.strictObject(cropOptions);

type Options = z.output<typeof options>;

function cropOf({ image, identity, captions }: CaptionRow, split: string, { camera }: CaptionSet): CropRecord {
  const file = `imgs/${image}`;
  const number = camera?.exec(file)?.[1];
  return { form: 'crop', file, identity, camera: number === undefined ? null : Number(number) - 1, split, captions };
}

const textsOf = ({ image, identity, captions }: CaptionRow, split: string): TextRecord[] =>
  captions.map((text) => ({ form: 'text', text, identity, split, image: `imgs/${image}` }));

/** Numbers of training identities that nobody has. */
function gapsOf(rows: readonly CaptionRow[], first: number): number[] {
  const there = new Set(rows.filter(({ split }) => split === 'train').map(({ identity }) => identity));
  const last = [...there].reduce((most, identity) => Math.max(most, identity), first - 1);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((identity) => !there.has(identity));
}

function splitsOf(rows: readonly CaptionRow[], set: CaptionSet): Record<string, (CropRecord | TextRecord)[]> {
  const of = (split: CaptionRow['split']): CaptionRow[] => rows.filter((row) => row.split === split);
  const val = of('val');
  return {
    train: of('train').map((row) => cropOf(row, 'train', set)),
    query: of('test').flatMap((row) => textsOf(row, 'query')),
    gallery: of('test').map((row) => cropOf(row, 'gallery', set)),
    ...(val.length === 0
      ? {}
      : { valQuery: val.flatMap((row) => textsOf(row, 'valQuery')), valGallery: val.map((row) => cropOf(row, 'valGallery', set)) }),
  };
}

async function read(set: CaptionSet, { root: given, sidecar: mode }: Options): Promise<Dataset> {
  const findings = new FindingList();
  const root = await findRoot(set.search, given, findings);
  const rows = await readCaptionRows(root, set, findings);
  const images = rows.map(({ image }) => `imgs/${image}`);
  for (const file of await missingOf(root, images)) findings.addFile('missing-file', file);
  findings.explain(
    'missing-file',
    'error',
    (files) => `${set.file} names ${counted(files.length, 'image')} that cannot be found: ${someOf(files)}`,
  );
  const gaps = gapsOf(rows, set.firstIdentity);
  if (gaps.length > 0 && !findings.hasErrors) {
    const message = `Training identities of ${set.search.title} run from ${set.firstIdentity} without a gap; missing: ${someOf(gaps.map(String))}.`;
    findings.add({ severity: 'warning', rule: 'label-gap', message, count: gaps.length, files: [set.file] });
  }
  const splits = await joinSidecars(splitsOf(rows, set), { root, mode, excluded: new Set() }, findings);
  return finishDataset({ name: set.name, root, splits, excluded: [], findings });
}

const captionSet = (
  set: CaptionSet,
  facts: { readonly summary: string; readonly paper: string },
): Component<typeof options, DatasetReader> =>
  defineComponent({ ...facts, options, build: (chosen): DatasetReader => ({ name: set.name, read: () => read(set, chosen) }) });

/** `dataset/cuhk-pedes`: queries are captions of the test images, the gallery the images. Li et al., CVPR 2017; on request, for academic research. */
export const cuhkPedes = captionSet(CAPTION_SETS['cuhk-pedes'], {
  summary: 'CUHK-PEDES, search by text: 13,003 people, mostly two captions for each image; for academic research.',
  paper: 'https://arxiv.org/abs/1702.05729',
});

/** `dataset/icfg-pedes`: one caption for each image. Ding et al., 2021; for academic research. */
export const icfgPedes = captionSet(CAPTION_SETS['icfg-pedes'], {
  summary: 'ICFG-PEDES, search by text: 4,102 people, one caption for each image; for academic research.',
  paper: 'https://arxiv.org/abs/2107.12666',
});

/** `dataset/rstpreid`: two captions for each image. Zhu et al., ACM MM 2021; for academic research. */
export const rstpreid = captionSet(CAPTION_SETS.rstpreid, {
  summary: 'RSTPReid, search by text: 4,101 people before 15 cameras, two captions for each image; for academic research.',
  paper: 'https://arxiv.org/abs/2109.05534',
});

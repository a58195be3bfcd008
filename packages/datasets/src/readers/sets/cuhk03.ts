import { join, resolve } from 'node:path';
import { defineComponent, type CropRecord, type Dataset, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { cuhk03Name, openCuhk03Mat, type Cuhk03Form } from '../../files/cuhk03-mat.ts';
import { matField, matItems, matNumbers, matText } from '../../files/mat-values.ts';
import { findRoot } from '../data-root.ts';
import { counted, FindingList, someOf } from '../finding-list.ts';
import { finishDataset } from '../finish-dataset.ts';
import { missingOf } from '../present-files.ts';
import { readAnnotation } from '../read-annotation.ts';

/** The file with all images, below the data set's folder. */
export const CUHK03_MAT = 'cuhk03_release/cuhk-03.mat';

/** What CUHK03 as distributed is known by. */
export const CUHK03_SEARCH = { title: 'CUHK03 (.mat)', folders: ['cuhk03', 'CUHK03'], needs: [CUHK03_MAT] };

const CLASSIC_SPLITS = 20;

const options = z.strictObject({
  root: z.string().min(1).describe('the folder with cuhk03_release in it, or the one above'),
  images: z
    .string()
    .min(1)
    .optional()
    .describe('folder with images_detected and images_labeled, made by `reidkit data extract`; by default the data set’s own'),
  form: z.enum(['detected', 'labeled']).default('detected').describe('boxes of a detector, which are usually reported, or drawn by hand'),
  protocol: z
    .union([
      z.literal('new'),
      z
        .number()
        .int()
        .min(0)
        .max(CLASSIC_SPLITS - 1),
    ])
    .default('new')
    .describe('the new protocol (767 / 700 people), or the number of one of the 20 classic splits (1,367 / 100)'),
});

type Options = z.output<typeof options>;
type Splits = Record<'train' | 'query' | 'gallery', readonly CropRecord[]>;

const cropOf = (form: Cuhk03Form, name: string, identity: number, split: string): CropRecord => {
  const view = Number(name.split('_')[2]);
  return { form: 'crop', file: `images_${form}/${name}`, identity, camera: view - 1, split };
};

interface NewProtocol {
  readonly names: readonly string[];
  readonly labels: readonly number[];
  readonly places: Readonly<Record<keyof Splits, readonly number[]>>;
}

const NOTHING: Splits = { train: [], query: [], gallery: [] };

/** Lists of the new protocol: numbers from 1 into the list of names. */
async function newProtocol(root: string, form: Cuhk03Form, findings: FindingList): Promise<Splits> {
  const file = `cuhk03_new_protocol_config_${form}.mat`;
  const lists = await readAnnotation({ root, findings }, file, (variables): NewProtocol => {
    const numbers = (name: string): number[] => [...matNumbers(matField(variables, name, file))];
    return {
      names: matItems(matField(variables, 'filelist', file)).map(matText),
      labels: numbers('labels'),
      places: { train: numbers('train_idx'), query: numbers('query_idx'), gallery: numbers('gallery_idx') },
    };
  });
  if (!lists) return NOTHING;
  const { names, labels, places } = lists;
  const bad: string[] = [];
  const crops = (split: keyof Splits): CropRecord[] =>
    places[split].flatMap((place) => {
      const [name, label] = [names[place - 1], labels[place - 1]];
      if (name !== undefined && label !== undefined) return [cropOf(form, name, label, split)];
      bad.push(`${split}_idx ${place}`);
      return [];
    });
  const splits = { train: crops('train'), query: crops('query'), gallery: crops('gallery') };
  if (bad.length > 0) {
    const message = `${file} has ${names.length} names and ${labels.length} labels, but ${someOf(bad)}`;
    findings.add({ severity: 'error', rule: 'bad-line', message, files: [file], count: bad.length });
  }
  return splits;
}

/** A classic split: query and gallery are the same images, and only the single-shot metric makes sense of them. */
async function classicSplit(root: string, form: Cuhk03Form, number: number): Promise<Splits> {
  const mat = await openCuhk03Mat(join(root, CUHK03_MAT));
  try {
    const test = new Set(mat.testSets()[number]?.map(([pair, person]) => `${pair} ${person}`));
    const before = mat.people.map((_, pair) => mat.people.slice(0, pair).reduce((sum, people) => sum + people, 0));
    const splits: Record<keyof Splits, CropRecord[]> = { train: [], query: [], gallery: [] };
    for (const place of mat.places(form)) {
      const crop = (split: string): CropRecord => cropOf(form, cuhk03Name(place), before[place.pair - 1]! + place.person, split);
      if (test.has(`${place.pair} ${place.person}`)) {
        splits.query.push(crop('query'));
        splits.gallery.push(crop('gallery'));
      } else splits.train.push(crop('train'));
    }
    return splits;
  } finally {
    mat.close();
  }
}

async function checkImages(images: string, form: Cuhk03Form, splits: Splits, findings: FindingList): Promise<void> {
  const missing = await missingOf(images, Object.values(splits).flatMap((records) => records.map(({ file }) => file))); // prettier-ignore
  if (missing.length === 0) return;
  const hint = `they are inside ${CUHK03_MAT}: take them out once with "reidkit data extract FOLDER" and, where they are elsewhere, name the folder in the option images`;
  const message = `${counted(missing.length, 'image')} of images_${form} cannot be found in ${images} (${someOf(missing)}); ${hint}`;
  findings.add({ severity: 'error', rule: 'missing-file', message, count: missing.length, files: missing.slice(0, 100) });
}

async function read({ root: given, images: elsewhere, form, protocol }: Options): Promise<Dataset> {
  const findings = new FindingList();
  const root = await findRoot(CUHK03_SEARCH, given, findings);
  const images = resolve(elsewhere ?? root);
  const splits = protocol === 'new' ? await newProtocol(root, form, findings) : await classicSplit(root, form, protocol);
  await checkImages(images, form, splits, findings);
  const version = protocol === 'new' ? form : `${form}, classic split ${protocol}`;
  return finishDataset({ name: 'cuhk03', root: images, splits, excluded: [], findings, version });
}

/**
 * `dataset/cuhk03`. cuhk03_release/cuhk-03.mat and cuhk03_new_protocol_config_{detected,labeled}.mat; the images are taken out once by
 * `reidkit data extract`. Li et al., "DeepReID", CVPR 2014; new protocol by Zhong et al., CVPR 2017; on request, for academic research.
 */
export const cuhk03 = defineComponent({
  summary: 'CUHK03 as distributed: 1,467 people before two cameras, new protocol or classic splits; for academic research.',
  paper: 'https://doi.org/10.1109/CVPR.2014.27',
  options,
  build: (chosen): DatasetReader => ({ name: 'cuhk03', read: () => read(chosen) }),
});

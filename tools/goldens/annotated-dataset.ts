import { join } from 'node:path';
import { createRegistry, type CropRecord, type Dataset, type DatasetReader, type FrameRecord, type ReidRecord, type TextRecord } from '@reidkit/core-tensor/base';
import { datasetsPlugin, recognizeDataset } from '@reidkit/datasets';
import type { GoldenReport } from './adapter.ts';

/** An item of an expected reading; which fields it has depends on the data set. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- every data set has its own fields
type Item = Record<string, any>;

/** An expected reading, and where the archive lies unpacked. */
export interface AnnotatedCase {
  readonly json: Item;
  readonly folder: string;
  readonly report: GoldenReport;
}

const registry = createRegistry(datasetsPlugin);
const readWith = (use: string, options: unknown): Promise<Dataset> => registry.use<DatasetReader>({ use, options }).read();

/** Compares two lists whatever their order, and names what is only in one of them. */
function sameItems(report: GoldenReport, name: string, got: readonly unknown[], want: readonly unknown[]): void {
  const [mine, theirs] = [got, want].map((items) => items.map((item) => JSON.stringify(item)).sort());
  const extra = mine!.find((item, i) => item !== theirs![i] && !theirs!.includes(item));
  const lacking = theirs!.find((item) => !mine!.includes(item));
  const detail = `${got.length} of ${want.length}; only got ${extra ?? 'none'}; only wanted ${lacking ?? 'none'}`;
  report.check(name, JSON.stringify(mine) === JSON.stringify(theirs), detail);
}

const recordsOf = <R extends ReidRecord>(dataset: Dataset, split: string): R[] => (dataset.splits[split] ?? []) as R[];
const itemsOf = ({ json }: AnnotatedCase, split: string): Item[] => (json.splits[split] ?? []) as Item[];

/** Frames as an expectation writes them, with one of its boxes. */
function frameItems(items: readonly Item[], box: 'loaderBox' | 'cropped', identityOf: (item: Item) => number | null): unknown[] {
  return items.map((item) => {
    const persons = (item.boxes ?? [item]) as Item[];
    return [item.file, item.cam ?? null, persons.map((person) => [identityOf(person), person[box] ?? person.loaderBox])];
  });
}

const frameRecords = (root: string, records: readonly FrameRecord[], toWhole = false): unknown[] =>
  records.map(({ file, camera, persons }) => [
    `${root}/${file}`,
    camera === null ? null : camera + 1,
    persons.map(({ identity, box }) => [identity, toWhole ? box.map(Math.trunc) : box]),
  ]);

async function comparePrw(golden: AnnotatedCase): Promise<void> {
  const published = await readWith('dataset/prw', { root: golden.folder, boxes: 'published' });
  const cropped = await readWith('dataset/prw', { root: golden.folder });
  // Queries are cropped by the published loader too.
  const croppedItems = (items: readonly Item[]): Item[] => items.map((item) => (item.boxes ? item : { ...item, cropped: item.loaderBox }));
  const identity = ({ pid }: Item): number | null => (pid === -2 ? null : pid);
  for (const split of ['train', 'gallery', 'query']) {
    const want = itemsOf(golden, split);
    sameItems(golden.report, `${split}, published boxes`, frameRecords('PRW', recordsOf(published, split)), frameItems(want, 'loaderBox', identity));
    sameItems(golden.report, `${split}, boxes in the frame`, frameRecords('PRW', recordsOf(cropped, split), true), frameItems(croppedItems(want), 'cropped', identity));
  }
}

async function compareCuhkSysu(golden: AnnotatedCase): Promise<void> {
  const identity = ({ person }: Item): number | null => (person === null ? null : Number((person as string).slice(1)));
  for (const [gallery, queries] of Object.entries(golden.json.galleries as Record<string, Item[]>)) {
    const dataset = await readWith('dataset/cuhk-sysu', { root: golden.folder, boxes: 'published', gallery });
    for (const split of ['train', 'gallery', 'query']) {
      const want = frameItems(itemsOf(golden, split), 'loaderBox', identity);
      sameItems(golden.report, `${gallery} ${split}`, frameRecords('CUHK-SYSU', recordsOf(dataset, split)), want);
    }
    const got = recordsOf<FrameRecord>(dataset, 'query').map(({ persons, gallery: frames }) => [persons[0]!.identity, frames]);
    const want = queries.map((query) => [identity(query), (query.gallery as Item[]).map(({ file }) => `Image/SSM/${file}`)]);
    sameItems(golden.report, `${gallery} galleries`, got, want);
  }
  const crops = recordsOf<CropRecord>(await readWith('dataset/cuhk-sysu-crops', { root: golden.folder }), 'train');
  const want = itemsOf(golden, 'crops').map(({ file, pid, cam }) => [file, pid, cam]);
  sameItems(golden.report, 'crops', crops.map(({ file, identity, camera }) => [`cuhksysu/${file}`, identity, camera]), want); // prettier-ignore
}

async function compareCaptions(golden: AnnotatedCase): Promise<void> {
  const dataset = await readWith(`dataset/${golden.json.dataset}`, { root: golden.folder });
  const top = golden.json.places[0].root as string;
  const captions = (split: string): unknown[] =>
    recordsOf<CropRecord>(dataset, split).flatMap((crop) => crop.captions!.map((caption) => [`${top}/${crop.file}`, crop.identity, caption]));
  const images = (split: string): unknown[] => recordsOf<CropRecord>(dataset, split).map(({ file, identity }) => [`${top}/${file}`, identity]);
  const texts = (split: string): unknown[] =>
    recordsOf<TextRecord>(dataset, split).map(({ text, identity, image }) => [`${top}/${image}`, identity, text]);
  const wanted = (split: string): unknown[] => itemsOf(golden, split).map(({ file, pid, caption }) => [file, pid, ...(caption === undefined ? [] : [caption])]);
  sameItems(golden.report, 'train', captions('train'), wanted('train'));
  sameItems(golden.report, 'test images', images('gallery'), wanted('testImages'));
  sameItems(golden.report, 'test captions', texts('query'), wanted('testCaptions'));
  sameItems(golden.report, 'val images', images('valGallery'), wanted('valImages'));
  sameItems(golden.report, 'val captions', texts('valQuery'), wanted('valCaptions'));
}

const INSTRUCT = {
  ctcc: { kind: 'image', train: ['real1', 'datalist/train_ctcc.txt'], query: ['real2', 'datalist/query.txt'], gallery: ['real2', 'datalist/gallery.txt'] },
  attr: {
    kind: 'caption',
    train: ['real1', 'datalist/train_attr.txt', 'datalist/runner_real1_v1_gpt.json'],
    query: ['real2', 'datalist/query_attr.txt', 'datalist/real2_v1.json'],
    gallery: ['real2', 'datalist/gallery_attr.txt', 'datalist/real2_v1.json'],
  },
  sc: { kind: 'word', train: ['market', 'datalist/train.txt'], query: ['market', 'datalist/query.txt'], gallery: ['market', 'datalist/gallery.txt'] },
  t2i: {
    kind: 'caption',
    train: ['cuhk_pedes', 'train_t2i_v2.txt', 'caption_t2i_v2.json'],
    query: ['cuhk_pedes', 'query_t2i_v2.txt', 'caption_t2i_v2.json'],
    gallery: ['cuhk_pedes', 'gallery_t2i_v2.txt', 'caption_t2i_v2.json'],
  },
} as const;

function instructionOf({ instruction = { bank: '' }, captions }: CropRecord, task: keyof typeof INSTRUCT): string {
  if ('image' in instruction) return instruction.image.split('/').slice(1).join('/');
  if ('bank' in instruction) return instruction.bank;
  return task === 'sc' ? '' : captions![0]!;
}

async function compareInstruct(golden: AnnotatedCase): Promise<void> {
  const splits = ['train', 'query', 'gallery'] as const;
  const noCamera = { train: 0, query: -1, gallery: -2 };
  for (const [task, lists] of Object.entries(INSTRUCT) as [keyof typeof INSTRUCT, (typeof INSTRUCT)[keyof typeof INSTRUCT]][]) {
    const entries = splits.map((split) => {
      const [images, list, captions] = lists[split] as readonly string[];
      return [split, [{ images, list: `${images}/${list}`, ...(captions === undefined ? {} : { captions: `${images}/${captions}` }) }]];
    });
    const dataset = await readWith('dataset/instruct-reid', {
      root: join(golden.folder, 'data'),
      instruction: lists.kind,
      lists: Object.fromEntries(entries) as Record<string, unknown>,
    });
    for (const split of splits) {
      const got = recordsOf<CropRecord>(dataset, split).map((crop) => [`data/${crop.file}`, crop.identity, crop.clothes, crop.camera ?? noCamera[split], instructionOf(crop, task)]);
      const want = itemsOf(golden, `${task}.${split}`).map(({ file, pid, clothes, cam, instruction, caption }) => [file, pid, clothes, cam, caption ?? instruction]);
      sameItems(golden.report, `${task} ${split}`, got, want);
    }
  }
}

async function compareCocas(golden: AnnotatedCase): Promise<void> {
  const dataset = await readWith('dataset/cocas-plus', { root: golden.folder });
  const top = 'COCAS+/real2';
  for (const split of ['query', 'gallery']) {
    const got = recordsOf<CropRecord>(dataset, split).map(({ file, identity, camera, clothes, instruction }) => {
      const template = instruction && 'image' in instruction ? [`${top}/${instruction.image}`] : [];
      return [`${top}/${file}`, identity, camera, dataset.clothesNames![clothes!], ...template];
    });
    const want = itemsOf(golden, split).map(({ file, pid, cam, clothes, template }) => [file, pid, cam, `${pid}_${clothes}`, ...(template === undefined ? [] : [template])]);
    sameItems(golden.report, split, got, want);
  }
}

/** Which component each place of an archive is recognised as. */
const RECOGNIZED: Readonly<Record<string, readonly (readonly [place: string, use: string])[]>> = {
  prw: [['PRW', 'prw'], ['.', 'prw']],
  'cuhk-sysu': [['CUHK-SYSU', 'cuhk-sysu'], ['cuhksysu', 'cuhk-sysu-crops']],
  'cuhk-pedes': [['CUHK-PEDES', 'cuhk-pedes']],
  'icfg-pedes': [['ICFG-PEDES', 'icfg-pedes']],
  rstpreid: [['RSTPReid', 'rstpreid']],
  'instruct-reid': [['data/real1', 'instruct-reid'], ['data/real2', 'instruct-reid'], ['data/cuhk_pedes', 'instruct-reid']],
  'cocas-plus': [['COCAS+', 'cocas-plus'], ['COCAS+/real2', 'cocas-plus']],
};

async function compareRecognition({ json, folder, report }: AnnotatedCase): Promise<void> {
  for (const [place, use] of RECOGNIZED[json.dataset as string]!) {
    const node = await recognizeDataset(join(folder, place));
    report.check(`${place} is recognised`, node.use === `dataset/${use}`, node.use);
    const { findings } = await readWith(node.use, node.options);
    const error = findings.find(({ severity, rule }) => severity === 'error' && rule !== 'single-camera');
    report.check(`${place} is read without an error`, error === undefined, error?.message);
  }
}

const recognisedToo =
  (compare: (golden: AnnotatedCase) => Promise<void>) =>
  async (golden: AnnotatedCase): Promise<void> => {
    await compareRecognition(golden);
    await compare(golden);
  };

/** What serves the expected readings of frames, captions and instructions, by data set. */
export const ANNOTATED_DATASETS: Readonly<Record<string, (golden: AnnotatedCase) => Promise<void>>> = {
  prw: recognisedToo(comparePrw),
  'cuhk-sysu': recognisedToo(compareCuhkSysu),
  'cuhk-pedes': recognisedToo(compareCaptions),
  'icfg-pedes': recognisedToo(compareCaptions),
  rstpreid: recognisedToo(compareCaptions),
  'instruct-reid': recognisedToo(compareInstruct),
  'cocas-plus': recognisedToo(compareCocas),
};

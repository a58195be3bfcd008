import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createRegistry, ReidError, type Dataset, type DatasetReader } from '@reidkit/core-tensor/base';
import { datasetsPlugin } from '../plugin.ts';
import { fingerprint } from './fingerprint.ts';
import { naturalOrder } from './natural-order.ts';

const registry = createRegistry(datasetsPlugin);
const read = (use: string, options: unknown): Promise<Dataset> => registry.use<DatasetReader>({ use, options }).read();

const made: string[] = [];
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true })));

/** A folder with files; readers look at names only. */
function folderWith(files: Readonly<Record<string, string>> | readonly string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'reidkit-readers-'));
  made.push(root);
  for (const [name, text] of Array.isArray(files) ? files.map((name: string) => [name, 'x'] as const) : Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text as string);
  }
  return root;
}

async function messageOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (ReidError.is(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const rulesOf = (dataset: Dataset): string[] => dataset.findings.map(({ rule }) => rule);

it('names are sorted as people sort them', () => {
  expect(['img10', 'img9', 'img1', 'a', 'img09b'].sort(naturalOrder)).toEqual(['a', 'img1', 'img9', 'img09b', 'img10']);
  expect(['0002_c10', '0002_c2', '-1_c1'].sort(naturalOrder)).toEqual(['-1_c1', '0002_c2', '0002_c10']);
});

describe('the fingerprint', () => {
  const record = { form: 'crop', file: 'a.jpg', identity: 1, camera: 0, split: 'train' } as const;
  const other = { ...record, file: 'b.jpg' };

  it('does not depend on the order of records or of keys', () => {
    const { file, ...rest } = record;
    expect(fingerprint('x', { train: [other, { ...rest, file }] })).toEqual(fingerprint('x', { train: [record, other] }));
  });

  it('depends on every fact', () => {
    const hashes = [record, { ...record, identity: 2 }, { ...record, camera: null }, { ...record, captions: ['a'] }].map(
      (changed) => fingerprint('x', { train: [changed] }).hash,
    );
    expect(new Set(hashes).size).toBe(4);
  });
});

describe('dataset/folder', () => {
  it('takes the sub folder for the identity, and names for cameras', async () => {
    const root = folderWith([
      'train/anna/cam2_1.jpg',
      'train/anna/cam1_2.jpg',
      'train/bo/cam10_1.png',
      'train/bo/notes.txt',
      'train/.DS_Store',
    ]);
    const dataset = await read('dataset/folder', { root, pattern: '^(?<camera>cam\\d+)_' });
    expect(dataset.identityNames).toEqual(['anna', 'bo']);
    expect(dataset.cameraNames).toEqual(['cam1', 'cam2', 'cam10']);
    expect(dataset.splits.train).toEqual([
      { form: 'crop', file: 'train/anna/cam1_2.jpg', split: 'train', identity: 0, camera: 0 },
      { form: 'crop', file: 'train/anna/cam2_1.jpg', split: 'train', identity: 0, camera: 1 },
      { form: 'crop', file: 'train/bo/cam10_1.png', split: 'train', identity: 1, camera: 2 },
    ]);
    expect(dataset.excluded.map(({ file }) => file)).toEqual(['train/.DS_Store', 'train/bo/notes.txt']);
  });

  it('takes everything for training without train, query and gallery, and keeps numbers as identities', async () => {
    const dataset = await read('dataset/folder', { root: folderWith(['7/a.jpg', '30/b.jpg', 'stray.jpg']) });
    expect(dataset.splits.train!.map((record) => 'identity' in record && record.identity)).toEqual([7, 30]);
    expect(dataset.identityNames).toBeUndefined();
    expect(dataset.excluded).toEqual([{ file: 'stray.jpg', rule: 'not in a folder of an identity' }]);
  });

  it('takes names apart with a pattern, never the folders above', async () => {
    const root = folderWith(['run_0007_c3/0001_c1.jpg', 'run_0007_c3/0002_c2.jpg']);
    const dataset = await read('dataset/folder', { root: join(root, 'run_0007_c3'), pattern: '^(?<identity>\\d+)_c(?<camera>\\d+)' });
    expect(dataset.splits.train).toMatchObject([
      { identity: 1, camera: 0 },
      { identity: 2, camera: 1 },
    ]);
  });

  it('says what it looked for and what it found', async () => {
    const root = folderWith(['train/empty/readme.txt']);
    expect(await messageOf(read('dataset/folder', { root }))).toMatch(
      /has no image in a folder named after its identity: it has the folders empty/,
    );
    expect(await messageOf(read('dataset/folder', { root: join(root, 'nope') }))).toMatch(
      /FILE_NOT_FOUND: dataset\/folder: there is no folder .*nope\.\n.*has the folders train/,
    );
    const splits = { train: 'train', query: 'querys' };
    expect(await messageOf(read('dataset/folder', { root, splits }))).toContain('querys is not there');
    expect(() => registry.use({ use: 'dataset/folder', options: { root, pattern: '(' } })).toThrow('is no regular expression');
  });
});

describe('dataset/csv', () => {
  it('reads columns by name, with blanks, quotes and other delimiters', async () => {
    const table = 'path;pid;cam;split;text;outfit\na.jpg;anna;door;query;"red; coat";3\nb.jpg;bo;gate;gallery;;\n';
    const root = folderWith({ 'list.csv': `\ufeff${table}`, 'a.jpg': '', 'b.jpg': '' });
    const columns = { file: 'path', identity: 'pid', camera: 'cam', caption: 'text', clothes: 'outfit' };
    const dataset = await read('dataset/csv', { file: join(root, 'list.csv'), delimiter: ';', columns });
    expect(dataset.splits).toEqual({
      query: [{ form: 'crop', file: 'a.jpg', identity: 0, camera: 0, split: 'query', captions: ['red; coat'], clothes: 3 }],
      gallery: [{ form: 'crop', file: 'b.jpg', identity: 1, camera: 1, split: 'gallery' }],
    });
    expect(dataset.identityNames).toEqual(['anna', 'bo']);
    expect(rulesOf(dataset)).toEqual(['no-match-in-gallery']);
  });

  it('names every bad line at once', async () => {
    const table = 'file,identity,view\na.jpg,1,0\nmissing.jpg,2,0\n../out.jpg,3,0\na.jpg,4,0\nb.jpg,5,x\n';
    const root = folderWith({ 'list.csv': table, 'a.jpg': '', 'b.jpg': '' });
    const message = await messageOf(read('dataset/csv', { file: join(root, 'list.csv') }));
    expect(message).toMatch(/list.csv line 3: there is no file missing.jpg/);
    expect(message).toMatch(/list.csv line 4: "file": is no path below the data set’s folder/);
    expect(message).toMatch(/list.csv line 5: a.jpg is in split "train" already, by line 2/);
    expect(message).toMatch(/list.csv line 6: "view"/);
  });

  it('names the nearest column for one that is not there', async () => {
    const root = folderWith({ 'list.csv': 'file,identitty\na.jpg,1\n', 'a.jpg': '' });
    const message = await messageOf(read('dataset/csv', { file: join(root, 'list.csv') }));
    expect(message).toContain('there is no column "identity" for the field "identity". Did you mean "identitty"?');
  });

  it('is refused when it is empty, broken or not there', async () => {
    const root = folderWith({ 'empty.csv': 'file,identity\n', 'broken.csv': 'file,identity\n"a.jpg,1\n' });
    expect(await messageOf(read('dataset/csv', { file: join(root, 'empty.csv') }))).toContain('has no records');
    expect(await messageOf(read('dataset/csv', { file: join(root, 'broken.csv') }))).toContain('DATASET_INVALID');
    expect(await messageOf(read('dataset/csv', { file: join(root, 'no.csv') }))).toContain('FILE_NOT_FOUND');
  });
});

describe('dataset/jsonl', () => {
  it('reads every form of record', async () => {
    const lines = [
      { file: 'a.jpg', identity: 'anna', camera: 'door', captions: ['a coat'], partBoxes: { head: [1, 2, 3, 4] } },
      {
        form: 'frame',
        file: 'b.jpg',
        camera: 'gate',
        split: 'gallery',
        persons: [
          { identity: null, box: [0, 0, 5, 9] },
          { identity: 'bo', box: [5, 0, 9, 9] },
        ],
      },
      { form: 'tracklet', files: ['a.jpg', 'b.jpg'], identity: 'bo', camera: null },
      { form: 'text', text: 'a red coat', identity: 'anna', split: 'query' },
    ];
    const root = folderWith({ 'list.jsonl': lines.map((line) => `${JSON.stringify(line)}\n\n`).join(''), 'a.jpg': '', 'b.jpg': '' });
    const dataset = await read('dataset/jsonl', { file: join(root, 'list.jsonl') });
    expect(dataset.identityNames).toEqual(['anna', 'bo']);
    expect(dataset.splits.gallery).toMatchObject([{ camera: 1, persons: [{ identity: null }, { identity: 1 }] }]);
    expect(dataset.splits.train).toMatchObject([
      { form: 'crop', identity: 0, camera: 0, partBoxes: { head: [1, 2, 3, 4] } },
      { form: 'tracklet', identity: 1, camera: null },
    ]);
    expect(dataset.fingerprint.splits).toMatchObject({ train: { records: 2, identities: 2, cameras: 1 }, query: { records: 1 } });
  });

  it('names line and place of what is wrong', async () => {
    const text =
      '{"file":"a.jpg","identity":1}\nnot json\n{"file":"a.jpg"}\n{"file":"a.jpg","identity":1,"partBoxes":{"head":[3,2,1,4]}}\n{"form":"crop","file":"a.jpg","identity":1,"colour":"red"}\n';
    const root = folderWith({ 'list.jsonl': text, 'a.jpg': '' });
    const message = await messageOf(read('dataset/jsonl', { file: join(root, 'list.jsonl') }));
    expect(message).toContain('line 2: ');
    expect(message).toContain('line 3: "identity"');
    expect(message).toContain('line 4: "partBoxes.head": is [x0, y0, x1, y1] with x1 > x0 and y1 > y0');
    expect(message).toContain('line 5: unknown option "colour"');
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistry, type CropRecord, type Dataset, type DatasetReader } from '@reidkit/core-tensor/base';
import { datasetConformance } from '@reidkit/core-tensor/testing';
import { recognize } from '../../check/recognize.ts';
import { datasetsPlugin } from '../../plugin.ts';
import { TestFolder } from '../unpacked.fixture.ts';
import { extractCuhk03 } from './cuhk03-extract.ts';
import { imageSets } from './image-sets.ts';

const registry = createRegistry(datasetsPlugin);
const folder = new TestFolder();
const read = (use: string, options: object): Promise<Dataset> => registry.use<DatasetReader>({ use, options }).read();
const counts = ({ splits }: Dataset): Record<string, number> =>
  Object.fromEntries(Object.entries(splits).map(([name, records]) => [name, records.length]));
const crops = (dataset: Dataset, split: string): readonly CropRecord[] => dataset.splits[split] as readonly CropRecord[];

const UNPACKED: readonly (readonly [name: string, use: string, place: string])[] = [
  ['market1501', 'market1501', 'Market-1501-v15.09.15'],
  ['dukemtmc-reid', 'dukemtmc-reid', 'DukeMTMC-reID'],
  ['occluded-duke', 'occluded-duke', 'Occluded_Duke'],
  ['msmt17', 'msmt17', 'MSMT17_V2'],
  ['msmt17-market', 'msmt17-market', 'MSMT17'],
  ['cuhk03-np', 'cuhk03-np', 'cuhk03np'],
  ['cuhk03-raw', 'cuhk03', 'cuhk03'],
  ['occluded-reid', 'occluded-reid', 'Occluded_REID'],
  ['occluded-reid', 'occluded-reid', 'OccludedREID'],
  ['partial-reid', 'partial-reid', 'Partial_REID'],
  ['partial-ilids', 'partial-ilids', 'Partial_iLIDS'],
  ['partial-ilids', 'partial-ilids', 'PartialiLIDS'],
  ['p-dukemtmc', 'p-dukemtmc', 'P-DukeMTMC-reID'],
  ['p-dukemtmc', 'p-ethz', 'P_ETHZ'],
  ['ltcc', 'ltcc', 'LTCC_ReID'],
  ['prcc', 'prcc', 'prcc'],
  ['vc-clothes', 'vc-clothes', 'VC-Clothes'],
  ['llcm', 'llcm', 'LLCM'],
  ['sysu-mm01', 'sysu-mm01', 'SYSU-MM01'],
  ['regdb', 'regdb', 'RegDB'],
  ['mars', 'mars', 'mars'],
];

const nothing = (names: readonly string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, '']));

/** Data sets of which there is no golden: names as published, no content. */
const MADE: readonly (readonly [name: string, files: Record<string, string | Uint8Array>])[] = [
  [
    'viper',
    nothing(['000_45.bmp', '001_0.bmp', '002_90.bmp', '003_0.bmp'].flatMap((name) => [`VIPeR/cam_a/${name}`, `VIPeR/cam_b/${name}`])),
  ],
  [
    'prid',
    nothing([
      ...['0001', '0002', '0003', '0200', '0201'].map((person) => `prid_2011/single_shot/cam_a/person_${person}.png`),
      ...['0001', '0002', '0003', '0200', '0201', '0749'].map((person) => `prid_2011/single_shot/cam_b/person_${person}.png`),
    ]),
  ],
  [
    'grid',
    {
      ...nothing(
        ['1', '2', '3', '4'].flatMap((person) => [
          `underground_reid/probe/000${person}_1_a.jpeg`,
          `underground_reid/gallery/000${person}_6_b.jpeg`,
        ]),
      ),
      'underground_reid/gallery/0000_3_c.jpeg': '',
      // Made with goldens/datasets/make/mat5.py: people 1 and 2, or 3 and 4, in the third field of ten structs.
      'underground_reid/features_and_partitions.mat': readFileSync(join(import.meta.dirname, '__fixtures__', 'grid-partitions.mat')),
    },
  ],
  [
    'ilids',
    nothing(
      ['1', '2', '3', '4'].flatMap((person) => ['001', '002', '003'].map((image) => `i-LIDS_Pedestrian/Persons/000${person}${image}.jpg`)),
    ),
  ],
  ['cuhk02', nothing([1, 2, 3, 4, 5].flatMap((pair) => [`Dataset/P${pair}/cam1/001_1.png`, `Dataset/P${pair}/cam2/001_2.png`]))],
  [
    'last',
    nothing([
      'last/train/000001/000001_s1_m2_1_0.jpg',
      'last/train/000001/000001_s1_m2_9_3.jpg',
      'last/train/000002/000002_s1_m2_2_0.jpg',
      'last/val/query/000010_a_1.jpg',
      'last/val/gallery/000010/000010_a_2.jpg',
      'last/test/query/000020_a_1.jpg',
      'last/test/gallery/000020/000020_a_2.jpg',
    ]),
  ],
];

beforeAll(async () => {
  for (const name of new Set(UNPACKED.map(([archive]) => archive))) folder.unpack(name);
  for (const [name, files] of MADE)
    folder.write(Object.fromEntries(Object.entries(files).map(([file, content]) => [`${name}/${file}`, content])));
  await extractCuhk03({ root: folder.at('cuhk03-raw/cuhk03') });
});
afterAll(() => folder.remove());

describe.each(UNPACKED)('%s: %s at %s', (name, use, place) => {
  const options = (): { root: string } => ({ root: folder.at(name, place) });

  it('is recognised', async () => expect((await recognize(options().root))?.node.use).toBe(`dataset/${use}`));
  for (const { title, check } of datasetConformance(() => registry.use<DatasetReader>({ use: `dataset/${use}`, options: options() })))
    it(title, check);
});

describe.each(MADE)('%s', (name) => {
  const make = (): DatasetReader => registry.use<DatasetReader>({ use: `dataset/${name}`, options: { root: folder.at(name) } });

  it('is recognised', async () => expect((await recognize(folder.at(name)))?.node.use).toBe(`dataset/${name}`));
  for (const { title, check } of datasetConformance(make)) it(title, check);
});

it('is tried for every reader', () => {
  const tried = new Set([...UNPACKED.map(([, use]) => use), ...MADE.map(([name]) => name), 'market-style', 'synthetic', 'combined']);
  expect(Object.keys(imageSets).filter((id) => !tried.has(id.replace('dataset/', '')))).toEqual([]);
});

describe('small data sets in random halves', () => {
  it('share no person between training and test, whatever the trial', async () => {
    for (const name of ['viper', 'prid', 'ilids']) {
      const drawn = new Set<string>();
      for (let trial = 0; trial < 4; trial++) {
        const dataset = await read(`dataset/${name}`, { root: folder.at(name), trial });
        const people = (split: string): number[] => [...new Set(crops(dataset, split).map(({ identity }) => identity))];
        expect(people('train')).toHaveLength(2);
        expect(people('train').filter((identity) => [...people('query'), ...people('gallery')].includes(identity))).toEqual([]);
        drawn.add(people('train').join());
      }
      expect(drawn.size).toBeGreaterThan(1);
    }
  });

  it('have strangers in the gallery of PRID only: number 201 means another person under each camera', async () => {
    const dataset = await read('dataset/prid', { root: folder.at('prid') });
    expect(counts(dataset)).toEqual({ train: 4, query: 2, gallery: 4 });
    expect(crops(dataset, 'query').map(({ identity }) => identity)).not.toContain(201);
    expect(dataset.excluded).toEqual([
      { file: 'single_shot/cam_a/person_0201.png', rule: 'its person or camera is in no split that was asked for' },
    ]);
    expect(dataset.findings.filter(({ severity }) => severity !== 'info' && severity !== 'warning')).toEqual([]);
  });

  it('can swap the cameras', async () => {
    const [plain, swapped] = [
      await read('dataset/viper', { root: folder.at('viper') }),
      await read('dataset/viper', { root: folder.at('viper'), swap: true }),
    ];
    expect(crops(plain, 'query').every(({ camera }) => camera === 0)).toBe(true);
    expect(crops(swapped, 'query').every(({ camera }) => camera === 1)).toBe(true);
  });
});

it('GRID takes the people for training from its partitions, and keeps strangers in the gallery', async () => {
  const dataset = await read('dataset/grid', { root: folder.at('grid'), trial: 1 });
  expect(counts(dataset)).toEqual({ query: 2, gallery: 3, train: 4 });
  expect(new Set(crops(dataset, 'train').map(({ identity }) => identity))).toEqual(new Set([3, 4]));
});

it('CUHK02 keeps people of different camera pairs apart', async () => {
  const dataset = await read('dataset/cuhk02', { root: folder.at('cuhk02') });
  expect(crops(dataset, 'train').map(({ identity }) => identity)).toEqual([1001, 1001, 2001, 2001, 3001, 3001, 4001, 4001]);
  expect(crops(dataset, 'query')[0]).toMatchObject({ identity: 5001, camera: 8 });
});

it('LaST knows outfits in training and no cameras, and says how to evaluate', async () => {
  const dataset = await read('dataset/last', { root: folder.at('last') });
  expect(dataset.clothesNames).toEqual(['000001_0', '000001_3', '000002_0']);
  expect(crops(dataset, 'gallery')[0]).not.toHaveProperty('clothes');
  expect(dataset.findings.find(({ rule }) => rule === 'no-cameras')?.message).toContain('cameraFilter "none"');
});

it('MSMT17 says which version was read when there are two', async () => {
  const dataset = await read('dataset/msmt17', { root: folder.at('msmt17') });
  expect(dataset.fingerprint.version).toBe('V1');
  expect(dataset.findings.find(({ rule }) => rule === 'ambiguous-version')?.message).toMatch(
    /2 copies or versions .*MSMT17_V1.*MSMT17_V2.*the first is read/,
  );
});

it('CUHK03 says how to take the images out when they are not there', async () => {
  const fresh = folder.at('cuhk03-raw/empty');
  await expect(read('dataset/cuhk03', { root: folder.at('cuhk03-raw/cuhk03'), images: fresh })).rejects.toThrow('reidkit data extract');
});

it('CUHK03 refuses another file under the name of the .mat', async () => {
  folder.write({ 'page/cuhk03_release/cuhk-03.mat': '<!DOCTYPE html><html>' });
  await expect(read('dataset/cuhk03', { root: folder.at('page'), protocol: 0 })).rejects.toThrow(
    'expected a MATLAB 7.3 file (HDF5), got a file that begins with "<!DOCTYPE html>',
  );
});

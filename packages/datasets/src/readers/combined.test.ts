import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistry, type CropRecord, type Dataset, type DatasetReader } from '@reidkit/core-tensor/base';
import { datasetConformance } from '@reidkit/core-tensor/testing';
import { identityLabels } from '../label-map.ts';
import { datasetsPlugin } from '../plugin.ts';
import { TestFolder } from './unpacked.fixture.ts';

const registry = createRegistry(datasetsPlugin);
const folder = new TestFolder();
const market = (name: string): object => ({ use: 'dataset/market1501', options: { root: folder.at(name) } });
const make = (sources: readonly object[]): DatasetReader => registry.use<DatasetReader>({ use: 'dataset/combined', options: { sources } });
const read = (...sources: object[]): Promise<Dataset> => make(sources).read();

beforeAll(() => {
  const images = {
    first: ['bounding_box_train/0002_c1.jpg', 'bounding_box_train/0007_c6.jpg', 'query/0009_c1.jpg', 'bounding_box_test/0009_c2.jpg', 'bounding_box_test/0000_c2.jpg', 'bounding_box_test/-1_c2.jpg'],
    second: ['bounding_box_train/0002_c2.jpg', 'query/0003_c1.jpg', 'bounding_box_test/0003_c2.jpg'],
    'deeper/ltcc': ['train/001_1_c1_000001.png', 'train/001_2_c2_000002.png', 'query/002_1_c1_000003.png', 'test/002_1_c2_000004.png'],
  }; // prettier-ignore
  for (const [root, files] of Object.entries(images)) folder.write(Object.fromEntries(files.map((file) => [`${root}/${file}`, ''])));
});
afterAll(() => folder.remove());

const ltcc = (): object => ({ use: 'dataset/ltcc', options: { root: folder.at('deeper/ltcc') } });

describe('several data sets as one', () => {
  it('numbers people, cameras and outfits on, and names the sources', async () => {
    const dataset = await read({ name: 'a', dataset: market('first') }, { name: 'b', dataset: market('second') }, { dataset: ltcc() });
    const train = dataset.splits.train as CropRecord[];
    expect(train.map(({ file, identity, camera, domain }) => [file, identity, camera, domain])).toEqual([
      ['deeper/ltcc/train/001_1_c1_000001.png', 15, 8, 'ltcc'],
      ['deeper/ltcc/train/001_2_c2_000002.png', 15, 9, 'ltcc'],
      ['first/bounding_box_train/0002_c1.jpg', 2, 0, 'a'],
      ['first/bounding_box_train/0007_c6.jpg', 7, 5, 'a'],
      ['second/bounding_box_train/0002_c2.jpg', 12, 7, 'b'],
    ]);
    expect(identityLabels(train).values).toEqual([2, 7, 12, 15]);
    expect(dataset.cameraNames?.[7]).toBe('b 1');
    expect(dataset.excluded).toEqual([{ file: 'first/bounding_box_test/-1_c2.jpg', rule: 'junk: identity -1' }]);
    expect(dataset.findings.filter(({ rule }) => rule === 'identity-overlap')).toEqual([]);
  });

  it('takes only the splits that are asked for', async () => {
    const dataset = await read({ name: 'a', dataset: market('first') }, { name: 'b', dataset: market('second'), splits: ['train'] });
    expect(Object.values(dataset.splits).flat().filter(({ domain }) => domain === 'b')).toHaveLength(1); // prettier-ignore
  });

  it('says what is wrong with its sources, all at once', async () => {
    const twice = read({ dataset: market('first') }, { dataset: market('second'), splits: ['test'] });
    await expect(twice).rejects.toThrow(
      /two sources are named "market1501"; give them names[^]*has no split "test"; it has train, query, gallery/,
    );
  });

  for (const { title, check } of datasetConformance(() => make([{ dataset: market('first') }, { dataset: ltcc() }]))) it(title, check);
});

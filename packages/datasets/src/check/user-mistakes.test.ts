import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistry, ReidError, type DatasetReader, type Finding } from '@reidkit/core-tensor/base';
import { datasetsPlugin } from '../plugin.ts';
import { TestFolder } from '../readers/unpacked.fixture.ts';
import { checkDataset } from './check-dataset.ts';
import type { DatasetReport } from './dataset-report.ts';
import { recognizeDataset } from './recognize.ts';

const registry = createRegistry(datasetsPlugin);
const folder = new TestFolder();
const check = (use: string, options: object): Promise<DatasetReport> => checkDataset(registry.use<DatasetReader>({ use, options }));
const checkFolder = async (root: string): Promise<DatasetReport> => checkDataset(registry.use<DatasetReader>(await recognizeDataset(root)));
const messageOf = ({ findings }: DatasetReport, rule: string): string | undefined =>
  findings.find((finding: Finding) => finding.rule === rule)?.message;

const empty = (root: string, names: readonly string[]): void =>
  folder.write(Object.fromEntries(names.map((name) => [`${root}/${name}`, ''])));

beforeAll(() => {
  empty('one-camera', ['bounding_box_train/0001_c1.jpg', 'query/0002_c1_1.jpg', 'bounding_box_test/0002_c1_2.jpg']);
  empty('lost', ['bounding_box_train/0001_c1.jpg', 'query/0002_c1.jpg', 'bounding_box_test/0003_c2.jpg']);
  empty('own', ['train/anna/1.jpg', 'train/bo/2.jpg', 'query/cy/3.jpg', 'gallery/cy/4.jpg']);
  empty('flat', ['train/anna_1.jpg', 'query/cy_3.jpg', 'gallery/cy_4.jpg']);
  empty('duke/bounding_box_train', ['0001_c2_f0046182.jpg']);
  folder.write({
    'people.csv':
      'file,identity,camera,split\none-camera/query/0002_c1_1.jpg,anna,door,query\none-camera/bounding_box_test/0002_c1_2.jpg,anna,yard,gallery\n',
  });
  folder.unpack('msmt17');
});
afterAll(() => folder.remove());

// The numbers are those of the collection of threads that users wrote in other toolkits.
describe('what users of other toolkits stumble over', () => {
  it('1: all images of one camera: says that evaluation needs cameraFilter "none"', async () => {
    const report = await checkFolder(folder.at('one-camera'));
    expect(messageOf(report, 'single-camera')).toBe(
      'All 1 queries and the whole gallery are of camera 0, so the camera filter removes every true match. Training is possible; evaluate with cameraFilter "none", or give the cameras their true numbers.',
    );
  });

  it('1: queries of people who are not in the gallery: counts and names them', async () => {
    const report = await checkFolder(folder.at('lost'));
    expect(messageOf(report, 'no-match-in-gallery')).toBe(
      'No true match is left under the camera filter for 1 of 1 queries: 1 because their identity is not in the gallery (query/0002_c1.jpg). Such queries are not counted in the averages.',
    );
  });

  it('1: people and cameras with names get the same numbers in query and gallery', async () => {
    const report = await check('dataset/csv', { file: folder.at('people.csv') });
    expect(report.retrieval).toMatchObject({ queries: 1, valid: 1, absent: [] });
  });

  it('2: own folders without cameras are read, and told how to evaluate', async () => {
    const report = await checkFolder(folder.at('own'));
    expect(report.dataset).toBe('folder');
    expect(messageOf(report, 'no-cameras')).toBe(
      'No image has a camera, and unknown equals unknown, so the camera filter would remove every true match. Evaluate with cameraFilter "none".',
    );
  });

  it('2: own images in the wrong form: says which folder or pattern is wanted', async () => {
    const report = await check('dataset/folder', { root: folder.at('flat') });
    expect(messageOf(report, 'empty-split')).toContain('has no image in a folder named after its identity: it has no folders');
    const named = await check('dataset/folder', { root: folder.at('flat'), pattern: '^(?<identity>[a-z]+)_' });
    expect(named.splits.train).toMatchObject({ records: 1, identities: 1 });
  });

  it('6: every result says which data it was made on: version, counts and a hash that differ between V1 and V2', async () => {
    const [first, second] = [await checkFolder(folder.at('msmt17/MSMT17_V1')), await checkFolder(folder.at('msmt17/MSMT17_V2'))];
    expect([first.fingerprint?.version, second.fingerprint?.version]).toEqual(['V1', 'V2']);
    expect(first.fingerprint?.hash).not.toBe(second.fingerprint?.hash);
    expect(messageOf(first, 'other-counts')).toMatch(/^Split "train" has \d+ records of \d+ identities; published are 32621 of 1041\.$/);
  });

  it('7: both versions side by side: says which one is read', async () => {
    expect(messageOf(await checkFolder(folder.at('msmt17')), 'ambiguous-version')).toMatch(
      /^There are 2 copies or versions \(.*MSMT17_V1, .*MSMT17_V2\); the first is read: give the folder of another to read that\.$/,
    );
  });

  it('11: a data set that is nowhere to be had: says so, and that nothing is downloaded', async () => {
    const error = await registry
      .use<DatasetReader>({ use: 'dataset/dukemtmc-reid', options: { root: folder.at('duke') } })
      .read()
      .catch((thrown: unknown) => thrown);
    expect(ReidError.is(error) && error.message).toMatch(
      /the folder .*query is not there[^]*DukeMTMC was withdrawn by its authors in 2019, and nothing here downloads it\./,
    );
  });
});

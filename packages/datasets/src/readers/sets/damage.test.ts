import { cpSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistry, type DatasetReader, type Finding } from '@reidkit/core-tensor/base';
import { datasetsPlugin } from '../../plugin.ts';
import { findingsOf } from '../dataset-error.ts';
import { TestFolder } from '../unpacked.fixture.ts';

const registry = createRegistry(datasetsPlugin);
const folder = new TestFolder();
let copies = 0;

/** A copy of a miniature data set that a test may damage. */
function copyOf(archive: string, place: string): string {
  const root = folder.at(`copy-${copies++}`, place);
  cpSync(folder.at(archive, place), root, { recursive: true });
  return root;
}

async function read(use: string, root: string, options: object = {}): Promise<readonly Finding[]> {
  try {
    return (await registry.use<DatasetReader>({ use: `dataset/${use}`, options: { root, ...options } }).read()).findings;
  } catch (error) {
    const findings = findingsOf(error);
    if (!findings) throw error;
    return findings;
  }
}

const rulesOf = (findings: readonly Finding[]): string[] =>
  findings.map(({ severity, rule, files }) => `${severity} ${rule} ${files?.[0] ?? ''}`.trim());

beforeAll(() => {
  for (const name of ['dukemtmc-reid', 'msmt17', 'cuhk03-np', 'cuhk03-raw', 'ltcc', 'prcc', 'vc-clothes', 'llcm', 'sysu-mm01', 'regdb', 'mars']) folder.unpack(name); // prettier-ignore
});
afterAll(() => folder.remove());

describe('what is missing', () => {
  it.each([
    ['dukemtmc-reid', 'dukemtmc-reid', 'DukeMTMC-reID', 'query'],
    ['msmt17', 'msmt17', 'MSMT17_V1', 'list_query.txt'],
    ['ltcc', 'ltcc', 'LTCC_ReID', 'query'],
    ['prcc', 'prcc', 'prcc', 'rgb/test/C'],
    ['vc-clothes', 'vc-clothes', 'VC-Clothes', 'gallery'],
    ['llcm', 'llcm', 'LLCM', 'idx/test_id.txt'],
    ['sysu-mm01', 'sysu-mm01', 'SYSU-MM01', 'cam4'],
    ['regdb', 'regdb', 'RegDB', 'idx/test_thermal_1.txt'],
    ['mars', 'mars', 'mars', 'info/query_IDX.mat'],
    ['cuhk03-np', 'cuhk03-np', 'cuhk03np', 'detected/query'],
    ['cuhk03-raw', 'cuhk03', 'cuhk03', 'cuhk03_release/cuhk-03.mat'],
  ])('in %s is named, with the place that was looked at', async (archive, use, place, need) => {
    const root = copyOf(archive, place);
    rmSync(join(root, need), { recursive: true });
    const [finding] = await read(use, root);
    expect(finding).toMatchObject({ severity: 'error', rule: 'missing-folder', files: [need] });
    expect(finding!.message).toContain(join(root, need));
  });
});

describe('annotations that cannot be read', () => {
  it.each([
    ['mars', 'mars', 'mars', 'info/tracks_train_info.mat'],
    ['mars', 'mars', 'mars', 'info/query_IDX.mat'],
    ['cuhk03-raw', 'cuhk03', 'cuhk03', 'cuhk03_new_protocol_config_detected.mat'],
  ])('of %s are named: a saved web page, and a file that is cut off', async (archive, use, place, file) => {
    const root = copyOf(archive, place);
    truncateSync(join(root, file), 150);
    expect(rulesOf(await read(use, root))).toContain(`error unreadable-annotation ${file}`);
    writeFileSync(join(root, file), '<!DOCTYPE html>');
    expect(rulesOf(await read(use, root))).toContain(`error unreadable-annotation ${file}`);
  });

  it('of CUHK03 that are not there are named', async () => {
    const root = copyOf('cuhk03-raw', 'cuhk03');
    rmSync(join(root, 'cuhk03_new_protocol_config_detected.mat'));
    expect(rulesOf(await read('cuhk03', root))).toContain('error missing-annotation cuhk03_new_protocol_config_detected.mat');
  });
});

describe('cameras that a data set has not', () => {
  it.each([
    ['dukemtmc-reid', 'DukeMTMC-reID', 'query/0001_c9_f0046182.jpg'],
    ['ltcc', 'LTCC_ReID', 'query/094_1_c13_015884.png'],
    ['vc-clothes', 'VC-Clothes', 'query/0300-05-01-05.jpg'],
    ['cuhk03-np', 'cuhk03np', 'detected/query/0001_c3_1.png'],
  ])('are an error in %s', async (name, place, file) => {
    const root = copyOf(name, place);
    writeFileSync(join(root, file), '');
    expect(rulesOf(await read(name, root))).toEqual([`error camera-range ${file}`]);
  });

  it('are an error under every choice of cameras', async () => {
    const root = copyOf('vc-clothes', 'VC-Clothes');
    writeFileSync(join(root, 'query/0300-05-01-05.jpg'), '');
    expect(rulesOf(await read('vc-clothes', root, { mode: 'cc' }))).toEqual(['error camera-range query/0300-05-01-05.jpg']);
  });
});

describe('lists', () => {
  it('without images are named', async () => {
    const root = copyOf('msmt17', 'MSMT17_V1');
    writeFileSync(join(root, 'list_query.txt'), '\n');
    expect(rulesOf(await read('msmt17', root))).toContain('error empty-split list_query.txt');
  });

  it('of people name the line that is no number', async () => {
    const root = copyOf('sysu-mm01', 'SYSU-MM01');
    writeFileSync(join(root, 'exp/val_id.txt'), '12,\nthirteen\n');
    const finding = (await read('sysu-mm01', root)).find(({ rule }) => rule === 'bad-line');
    expect(finding?.message).toBe('exp/val_id.txt is a list of numbers with commas between: line 2 ("thirteen") cannot be read');
  });

  it('that point outside of the data set are refused', async () => {
    const root = copyOf('llcm', 'LLCM');
    writeFileSync(join(root, 'idx/train_vis.txt'), '../secret/cam1/0001/x.jpg 0\n/etc/hosts 1\n');
    const finding = (await read('llcm', root)).find(({ rule }) => rule === 'bad-line');
    expect(finding?.message).toMatch(/line 1 .*secret.*, line 2/);
  });

  it('of MARS whose tracks are of other people are refused', async () => {
    const root = copyOf('mars', 'mars');
    writeFileSync(join(root, 'info/train_name.txt'), '0001C1T0001F001.jpg\n');
    expect(rulesOf(await read('mars', root))).toContain('error bad-line info/tracks_train_info.mat');
  });
});

it('MSMT17 numbers its test people anew, which is no overlap', async () => {
  expect(rulesOf(await read('msmt17', folder.at('msmt17/MSMT17_V1'))).filter((rule) => rule.includes('overlap'))).toEqual([]);
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { createRegistry, type DatasetReader } from '@reidkit/core-tensor/base';
import { datasetConformance } from '@reidkit/core-tensor/testing';
import { datasetsPlugin } from '../../plugin.ts';

// What they read is compared in tools/goldens/annotated-dataset.test.ts.
const archives = join(import.meta.dirname, '../../../../../goldens/datasets');
const folder = mkdtempSync(join(tmpdir(), 'reidkit-annotated-sets-'));
afterAll(() => rmSync(folder, { recursive: true }));
const registry = createRegistry(datasetsPlugin);

const list = (list: string, captions: string): unknown => [
  { list: `cuhk_pedes/${list}`, images: 'cuhk_pedes', captions: `cuhk_pedes/${captions}` },
];

const OPTIONS: Readonly<Record<string, Record<string, unknown>>> = {
  prw: {},
  'cuhk-sysu': { gallery: 'TestG50' },
  'cuhk-pedes': {},
  'icfg-pedes': {},
  rstpreid: {},
  'cocas-plus': {},
  'instruct-reid': { instruction: 'caption', lists: { train: list('train_t2i_v2.txt', 'caption_t2i_v2.json') } },
};

describe.each(Object.entries(OPTIONS))('dataset/%s', (name, options) => {
  execFileSync('tar', ['-xf', join(archives, `${name}.tar`), '-C', folder]);
  const root = name === 'instruct-reid' ? join(folder, 'data') : folder;
  const checks = datasetConformance(() => registry.use<DatasetReader>({ use: `dataset/${name}`, options: { root, ...options } }));
  it.each(checks.map((one) => [one.title, one] as const))('%s', (_, one) => one.check());
});

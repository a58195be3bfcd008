import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRegistry, type DatasetReader } from '@reidkit/core-tensor/base';
import { datasetsPlugin } from '../plugin.ts';
import { checkDataset } from './check-dataset.ts';
import { recognize } from './recognize.ts';

const registry = createRegistry(datasetsPlugin);
const reader = (use: string, options: unknown): DatasetReader => registry.use({ use, options });

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'reidkit-check-'))));
afterEach(() => rmSync(root, { recursive: true }));

function write(...files: readonly (readonly [string, string])[]): void {
  for (const [name, text] of files) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

describe('the report', () => {
  it('of data that cannot be read says why and is not ok', async () => {
    const report = await checkDataset(reader('dataset/market1501', { root }));
    expect(report).toMatchObject({ dataset: 'market1501', ok: false, root: null, splits: {} });
    expect(report.findings.map(({ rule }) => rule)).toEqual(['missing-folder', 'missing-folder', 'missing-folder']);
    const missing = await checkDataset(reader('dataset/folder', { root: join(root, 'no') }));
    expect(missing.findings).toMatchObject([{ severity: 'error', rule: 'FILE_NOT_FOUND' }]);
  });

  it('counts images per identity and camera, under the names that the data have', async () => {
    write(['anna/door_1.jpg', ''], ['anna/door_2.jpg', ''], ['anna/gate_1.jpg', ''], ['bo/gate_2.jpg', '']);
    const report = await checkDataset(reader('dataset/folder', { root, pattern: '^(?<camera>[a-z]+)_' }));
    expect(report.splits.train).toEqual({
      records: 4,
      identities: 2,
      cameras: 2,
      perCamera: { door: 2, gate: 2 },
      perIdentity: { least: 1, median: 3, most: 3, histogram: { 1: 1, 3: 1 } },
    });
    expect(report.retrieval).toBeNull();
  });

  it('says that data without cameras need the filter off', async () => {
    write(['query/1/a.jpg', ''], ['gallery/1/b.jpg', ''], ['gallery/2/c.jpg', '']);
    const report = await checkDataset(reader('dataset/folder', { root }));
    expect(report.retrieval).toMatchObject({ queries: 1, valid: 0, withoutCameras: true });
    expect(report.findings).toMatchObject([{ severity: 'warning', rule: 'no-cameras' }]);
  });

  it('names files that cannot be decoded and calls back on the way', async () => {
    write(['train/1/a.jpg', 'no picture'], ['train/1/b.jpg', '']);
    const seen: string[] = [];
    const onProgress = (done: number, total: number): void => void seen.push(`${done}/${total}`);
    const report = await checkDataset(reader('dataset/folder', { root }), { deep: true, onProgress });
    expect(report.ok).toBe(false);
    expect(report.content!.unreadable.map(({ file }) => file)).toEqual(['train/1/a.jpg', 'train/1/b.jpg']);
    expect(seen).toEqual(['1/2', '2/2']);
  });
});

describe('recognition', () => {
  it.each([
    ['dataset/folder', [['anna/1.jpg', '']]],
    [
      'dataset/folder',
      [
        ['train/anna/1.jpg', ''],
        ['query/anna/2.jpg', ''],
      ],
    ],
    ['dataset/csv', [['people.csv', 'split,file,identity\n']]],
    ['dataset/jsonl', [['people.jsonl', '{"file":"a.jpg","identity":1}\n']]],
  ] as [string, [string, string][]][])('finds %s', async (use, files) => {
    write(...files);
    expect((await recognize(root))?.node.use).toBe(use);
  });

  it('finds nothing in a folder of something else', async () => {
    write(['notes.txt', ''], ['other.csv', 'a,b\n']);
    expect(await recognize(root)).toBeNull();
  });
});

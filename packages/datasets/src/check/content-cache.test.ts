import { appendFileSync, readFileSync, utimesSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import sharp from 'sharp';
import type { CropRecord, Dataset } from '@reidkit/core-tensor/base';
import { fingerprint } from '../readers/fingerprint.ts';
import { TestFolder } from '../readers/unpacked.fixture.ts';
import { checkContent } from './check-content.ts';

let folder: TestFolder;
let dataset: Dataset;
beforeEach(async () => {
  folder = new TestFolder();
  const png = await sharp({ create: { width: 2, height: 3, channels: 3, background: '#123456' } })
    .png()
    .toBuffer();
  folder.write({ 'a.png': png, 'b.png': png, 'c.png': 'nothing' });
  const crop = (file: string, split: string): CropRecord => ({ form: 'crop', file, identity: 1, camera: 0, split });
  const splits = { query: [crop('a.png', 'query')], gallery: [crop('b.png', 'gallery'), crop('c.png', 'gallery')] };
  dataset = { name: 'x', root: folder.path, splits, fingerprint: fingerprint('x', splits), excluded: [], findings: [] };
});
afterEach(() => folder.remove());

describe('a deep check with a cache', () => {
  const cache = (): string => folder.at('kept', 'cache.jsonl');
  const lines = (): number => readFileSync(cache(), 'utf8').trim().split('\n').length;

  it('says the same again without reading the images', async () => {
    const first = await checkContent(dataset, { cache: cache() });
    expect(first.duplicates).toEqual([['a.png', 'b.png']]);
    expect(first.unreadable.map(({ file }) => file)).toEqual(['c.png']);
    expect(lines()).toBe(3);
    expect(await checkContent(dataset, { cache: cache() })).toEqual(first);
    expect(lines()).toBe(3);
  });

  it('reads a file again that has changed', async () => {
    await checkContent(dataset, { cache: cache() });
    utimesSync(folder.at('b.png'), 1, 1);
    await checkContent(dataset, { cache: cache() });
    expect(lines()).toBe(4);
  });

  it('goes on after a stop in the middle of a line', async () => {
    const whole = await checkContent(dataset);
    await checkContent({ ...dataset, splits: { query: dataset.splits.query! } }, { cache: cache() });
    appendFileSync(cache(), '{"file":"b.png","sta');
    expect(await checkContent(dataset, { cache: cache() })).toEqual(whole);
  });
});

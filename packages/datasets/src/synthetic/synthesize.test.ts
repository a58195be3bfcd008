import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CropRecord, FrameRecord, Use } from '@reidkit/core-tensor/base';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonl } from '../readers/jsonl.ts';
import { synthetic } from '../readers/sets/synthetic.ts';
import { isSidecarHeader } from '../sidecars/sidecar-line.ts';
import type { SyntheticCropRecord } from './records.ts';
import { SYNTHETIC_MANIFEST, synthesize } from './synthesize.ts';
import type { SyntheticInput } from './synthetic-options.ts';

const TINY: SyntheticInput = {
  seed: 5,
  trainIdentities: 2,
  testIdentities: 3,
  trainImages: [1, 2],
  galleryImages: [1, 1],
  distractors: 4,
  junk: 2,
  cameras: 3,
  infraredCameras: 1,
  outfits: 2,
  size: { width: 40, height: 80 },
  scenes: { train: 2, test: 1, size: { width: 120, height: 75 }, persons: [2, 3], identities: 2, strangers: 0 },
};

const build: Use = () => {
  throw new Error('readers build nothing else');
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reidkit-synthetic-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const lines = async <T>(file: string): Promise<T[]> =>
  (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .filter((line) => !isSidecarHeader(line))
    .map((line) => JSON.parse(line) as T);

async function allFiles(root: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(files.sort().map(async (file) => [file.slice(root.length + 1), await readFile(file)] as const)));
}

describe('synthesize', () => {
  it('writes the same bytes with one worker and with two, and other bytes for another seed', async () => {
    const one = await synthesize({ out: join(folder, 'one'), options: TINY, workers: 1 });
    const progress: number[] = [];
    const two = await synthesize({
      out: join(folder, 'two'),
      options: TINY,
      workers: 2,
      onProgress: (done, total) => progress.push(done, total),
    });
    const [a, b] = [await allFiles(join(folder, 'one')), await allFiles(join(folder, 'two'))];
    expect([...a.keys()]).toEqual([...b.keys()]);
    for (const [file, bytes] of a) expect(bytes.equals(b.get(file)!), file).toBe(true);
    expect(two).toEqual(one);
    expect(progress.slice(-2)).toEqual([progress.length / 2, progress.length / 2]);
    const other = await synthesize({ out: join(folder, 'other'), options: { ...TINY, seed: 6, scenes: {} }, workers: 1 });
    expect(other.hash).not.toBe(one.hash);
  });

  it('lays crops out as Market-1501 does, with counts that agree with the summary', async () => {
    const root = join(folder, 'one');
    const summary = JSON.parse(await readFile(join(root, SYNTHETIC_MANIFEST), 'utf8'));
    const names = async (split: string): Promise<string[]> => (await readdir(join(root, split))).sort();
    const [train, query, gallery] = [await names('bounding_box_train'), await names('query'), await names('bounding_box_test')];
    for (const name of [...train, ...query, ...gallery]) expect(name).toMatch(/^(\d{4}|-1)_c[1-3]s1_\d{6}_00\.jpg$/);
    const identities = (files: string[]): Set<number> => new Set(files.map((name) => Number.parseInt(name, 10)));
    expect(identities(train)).toEqual(new Set([1, 2]));
    expect(identities(query)).toEqual(new Set([3, 4, 5]));
    expect(identities(gallery)).toEqual(new Set([-1, 0, 3, 4, 5]));
    expect(summary.counts).toMatchObject({
      train: train.length,
      query: 6,
      gallery: gallery.length,
      distractors: 4,
      junk: 2,
      cameras: 3,
      garments: 10,
      frames: 3,
    });
    expect(gallery.filter((name) => name.startsWith('0000')).length).toBe(4);
    expect(gallery.filter((name) => name.startsWith('-1')).length).toBe(2);
    const { width, height, channels, format } = await sharp(join(root, query[0]!.replace(/^/, 'query/'))).metadata();
    expect({ width, height, channels, format }).toEqual({ width: 40, height: 80, channels: 3, format: 'jpeg' });
  });

  it('writes a record per crop, whose sidecars are there and whose outfits belong to one identity', async () => {
    const root = join(folder, 'one');
    const records = await lines<SyntheticCropRecord>(join(root, 'records.jsonl'));
    const owners = new Map<number, number>();
    for (const record of records) {
      for (const file of [record.file, record.mask!, record.partMask!, ...(record.garment ? [record.garment] : [])]) {
        expect(existsSync(join(root, file)), file).toBe(true);
      }
      expect(record.captions!.length).toBe(record.attributes ? 2 : 0);
      expect(record.modality).toBe(record.camera === 2 ? 'infrared' : 'visible');
      if (record.clothes === undefined) continue;
      expect(owners.get(record.clothes) ?? record.identity).toBe(record.identity);
      if (record.identity > 0) owners.set(record.clothes, record.identity);
    }
    expect(owners.size).toBe(10);
    const mask = await sharp(join(root, records[0]!.partMask!)).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
    expect(mask.info.channels).toBe(1);
    expect(Math.max(...mask.data)).toBeLessThanOrEqual(4);
  });

  it('gives infrared cameras grey pictures and the others coloured ones', async () => {
    const root = join(folder, 'one');
    for (const record of await lines<SyntheticCropRecord>(join(root, 'records.jsonl'))) {
      const pixels = await sharp(join(root, record.file)).raw().toBuffer();
      let spread = 0;
      for (let at = 0; at < pixels.length; at += 3)
        spread = Math.max(spread, Math.abs(pixels[at]! - pixels[at + 1]!), Math.abs(pixels[at]! - pixels[at + 2]!));
      if (record.modality === 'infrared') expect(spread).toBe(0);
      else expect(spread).toBeGreaterThan(8);
    }
  });

  it('writes frames with a tight box and a mask per person, and the same people in several frames', async () => {
    const root = join(folder, 'one');
    const frames = await lines<FrameRecord>(join(root, 'scenes.jsonl'));
    expect(frames.map(({ split }) => split)).toEqual(['train', 'train', 'test']);
    const seen = frames.flatMap(({ persons }) => persons.map(({ identity }) => identity));
    expect(new Set(seen).size).toBeLessThan(seen.length);
    for (const { persons } of frames) {
      for (const { box, mask } of persons) {
        const { data, info } = await sharp(join(root, mask!)).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
        const xs = [...data.keys()].filter((at) => data[at]! > 0).map((at) => at % info.width);
        expect([Math.min(...xs), Math.max(...xs) + 1]).toEqual([box[0], box[2]]);
      }
    }
  });

  it('is read by the readers of data sets', async () => {
    const root = join(folder, 'one');
    const { splits } = await synthetic.build({ root, sidecar: 'require' }, build).read();
    const records = (await lines<SyntheticCropRecord>(join(root, 'records.jsonl'))).filter(({ identity }) => identity >= 0);
    expect(Object.values(splits).flat()).toHaveLength(records.length);
    const byFile = new Map(records.map((record) => [record.file, record]));
    for (const record of Object.values(splits).flat() as CropRecord[]) {
      const { occluded: _occluded, attributes: _attributes, ...own } = byFile.get(record.file)!;
      expect(record).toEqual(own);
    }
    const frames = await jsonl.build({ file: join(root, 'scenes.jsonl') }, build).read();
    expect(Object.values(frames.splits).flat()).toHaveLength(3);
  });

  it('refuses a folder that holds something, and takes an empty one', async () => {
    const out = join(folder, 'taken');
    await mkdir(out);
    const options = { ...TINY, trainIdentities: 0, testIdentities: 1, distractors: 0, junk: 0, outfits: 1, scenes: {} };
    await synthesize({ out, options, workers: 1 });
    const before = await allFiles(out);
    await expect(synthesize({ out, options, workers: 1 })).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    expect(await allFiles(out)).toEqual(before);
    await writeFile(join(folder, 'file'), 'x');
    await expect(synthesize({ out: join(folder, 'file'), options, workers: 1 })).rejects.toMatchObject({ code: 'FILE_EXISTS' });
  });

  it.each([1, 2])('leaves nothing behind when it is stopped (%i workers)', async (workers) => {
    const controller = new AbortController();
    const out = join(folder, `stopped-${workers}`);
    const drawing = synthesize({ out, options: TINY, workers, signal: controller.signal, onProgress: () => controller.abort() });
    await expect(drawing).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect((await readdir(folder)).filter((name) => name.startsWith('stopped'))).toEqual([]);
  });

  it('says which option is wrong', async () => {
    const bad = (options: SyntheticInput): Promise<unknown> => synthesize({ out: join(folder, 'bad'), options, workers: 1 });
    await expect(bad({ trainImages: [3, 1] })).rejects.toThrow(/"trainImages": the lowest number comes first, got \[3, 1\]/);
    await expect(bad({ cameras: 2, infraredCameras: 3 })).rejects.toThrow(/3 of 2 cameras/);
    await expect(bad({ trainIdentities: 8000, testIdentities: 8000 })).rejects.toThrow(/16000 identities/);
    await expect(bad({ camera: 2 } as never)).rejects.toThrow(/unknown option "camera". Did you mean "cameras"/);
  });
});

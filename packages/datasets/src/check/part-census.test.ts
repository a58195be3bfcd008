import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Box, CropRecord, Dataset } from '@reidkit/core-tensor/base';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countPartBoxes } from './part-census.ts';

const RIGHT = { head: [20, 0, 40, 20], upper: [10, 20, 50, 60], legs: [15, 60, 45, 120] } as const;
const OVERSIZED = { ...RIGHT, head: [0, 0, 64, 128] } as const;
const OVER_SPLIT = { ...RIGHT, legs: [15, 60, 45, 62] } as const;

let folder: string;

const crop = (file: string, partBoxes?: Readonly<Record<string, Box>>): CropRecord => ({ form: 'crop', split: 'train', file, identity: 1, camera: 0, ...(partBoxes ? { partBoxes } : {}) }); // prettier-ignore

const datasetOf = (records: readonly CropRecord[]): Dataset =>
  ({ name: 'four', root: folder, splits: { train: records } }) as unknown as Dataset;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reidkit-census-'));
  const picture = sharp(Buffer.alloc(64 * 128 * 3, 90), { raw: { width: 64, height: 128, channels: 3 } });
  for (const file of ['a.png', 'b.png', 'c.png', 'd.png']) await picture.clone().png().toFile(join(folder, file));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a census of part boxes', () => {
  const records = [crop('a.png', RIGHT), crop('b.png', OVERSIZED), crop('c.png', OVER_SPLIT), crop('d.png')];

  it('tells heights before and after calibration, rules, and examples of boxes that cannot be right', async () => {
    const census = (await countPartBoxes(datasetOf(records)))!;
    expect(census).toMatchObject({ counted: 3, images: 4, without: 1, rules: { height: 2 } });
    expect(census.heights.raw.head).toEqual([20 / 128, 1, 20 / 128]);
    const near = census.heights.calibrated.head.map((height) => Math.round(height * 1000) / 1000);
    expect(near).toEqual([0.156, 0.22, 0.156]);
    expect(census.oversized.map(({ file }) => file)).toEqual(['b.png']);
    expect(census.overSplit.map(({ file }) => file)).toEqual(['c.png']);
  });

  it('gives the cells whose centre a box covers', async () => {
    const { sample } = (await countPartBoxes(datasetOf([records[0]!]), { grid: [4, 2] }))!;
    expect([...sample[0]!.cells.upper]).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
  });

  it('finds what boxes were before a calibration that stands beside them', async () => {
    await mkdir(join(folder, 'sidecars'), { recursive: true });
    const lines = (producer: string, partBoxes: object): string => [{ sidecar: 1, producer }, { file: 'b.png', partBoxes }].map((line) => `${JSON.stringify(line)}\n`).join(''); // prettier-ignore
    await writeFile(join(folder, 'sidecars', 'part-boxes.jsonl'), lines('annotator/chat 1', OVERSIZED));
    await writeFile(join(folder, 'sidecars', 'part-boxes-calibrated.jsonl'), lines('annotator/part-calibration 1', RIGHT));
    const census = (await countPartBoxes(datasetOf([crop('b.png', RIGHT)])))!;
    expect(census.heights.raw.head).toEqual([1]);
    await rm(join(folder, 'sidecars'), { recursive: true });
  });

  it('is none where there is no box', async () => {
    expect(await countPartBoxes(datasetOf([records[3]!]))).toBeNull();
  });
});

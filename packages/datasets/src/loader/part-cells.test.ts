import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CropRecord } from '@reidkit/core-tensor/base';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sequential } from '../samplers/sequential.ts';
import { checkPartMasks } from './check-part-masks.ts';
import { createLoader } from './loader.ts';
import { PartCells } from './part-cells.ts';

const INDEX = { version: 1, rows: 3, columns: 2, parts: ['head', 'legs'], rule: 'centre', images: ['a.png', 'b.png'] };
const FIELD = { parts: ['legs', 'head'], height: 3, width: 2 };
/** Head in the upper left cell of `a.png`, legs in the two lowest of it; nothing of `b.png`. Twelve bits of each image, lowest first. */
const BITS = Uint8Array.from([0b0000_0001, 0b1100, 0, 0]);

let folder: string;
const path = (): string => join(folder, 'masks.bin');
const index = (changes: object = {}): Promise<void> => writeFile(join(folder, 'masks.json'), JSON.stringify({ ...INDEX, ...changes }));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reidkit-cells-'));
  const pixels = sharp(Buffer.alloc(5 * 7 * 3, 90), { raw: { width: 5, height: 7, channels: 3 } });
  for (const file of ['a.png', 'b.png', 'c.png']) await pixels.clone().png().toFile(join(folder, file));
});
beforeEach(async () => {
  await writeFile(path(), BITS);
  await index();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('masks in a file of cells', () => {
  it('are those of the wanted parts in their order, for the images that it knows', () => {
    const cells = new PartCells(path(), FIELD);
    const [legs, head] = cells.masksOf('a.png', { width: 2, height: 3 })!;
    expect([[...legs!.data], [...head!.data]]).toEqual([
      [0, 0, 0, 0, 1, 1],
      [1, 0, 0, 0, 0, 0],
    ]);
    expect(cells.masksOf('b.png', { width: 2, height: 3 })!.flatMap(({ data }) => [...data])).toEqual(Array(12).fill(0));
    expect(cells.masksOf('c.png', { width: 2, height: 3 })).toBeNull();
    expect([cells.has('a.png'), cells.has('c.png')]).toEqual([true, false]);
  });

  it.each([
    [{ rows: 6, columns: 2 }, 'SHAPE_MISMATCH', 'masks of 6 x 2 cells (rows x columns), the model takes 3 x 2'],
    [{ parts: ['head', 'arms'] }, 'SHAPE_MISMATCH', 'no part "legs"; it has head, arms'],
    [{ images: ['a.png', 'a.png'] }, 'FILE_INVALID', 'names a.png twice'],
    [{ images: ['a.png', 'b.png', 'c.png'] }, 'FILE_INVALID', 'has 4 bytes; 3 images of 2 bytes need 6'],
    [{ images: ['a.png'] }, 'FILE_INVALID', 'has 4 bytes, more than 2'],
    [{ version: 2 }, 'FILE_INVALID', 'is no index of masks'],
    [{ rows: 100_000 }, 'FILE_INVALID', 'is no index of masks'],
  ])('are refused with an index that says %o', async (changes, code, message) => {
    await index(changes);
    expect(() => new PartCells(path(), FIELD)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });

  it('are refused without an index, and with one that is not JSON', async () => {
    expect(() => new PartCells(join(folder, 'others.bin'), FIELD)).toThrow(expect.objectContaining({ code: 'FILE_NOT_FOUND' }));
    await writeFile(join(folder, 'masks.json'), '{');
    expect(() => new PartCells(path(), FIELD)).toThrow('is not JSON');
  });
});

const records = ['a.png', 'b.png', 'c.png'].map((file, at): CropRecord => ({
  form: 'crop',
  split: 'train',
  file,
  identity: at + 1,
  camera: 0,
}));
const CELLS = { ...FIELD, source: 'cells', cells: 'masks.bin', rule: 'centre' } as const;

describe('batches with masks from a file of cells', () => {
  it('move them with the picture, and say where there are none', async () => {
    const transforms = [
      { use: 'transform/resize', options: { height: 12, width: 8 } },
      { use: 'transform/flip', options: { probability: 1 } },
    ];
    const loader = await createLoader({
      root: folder, records, sampler: sequential({ batchSize: 3 }), transforms, seed: 1, workers: 0, fields: { partMasks: CELLS },
    }); // prettier-ignore
    for await (const { tensors } of loader.epoch(0)) {
      expect([...tensors.partMasks!.data.slice(0, 12)]).toEqual([0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0]);
      expect([...tensors.partMasks!.data.slice(12)]).toEqual(Array(24).fill(0));
      expect([...tensors.partMasksValid!.data]).toEqual([1, 1, 1, 1, 0, 0]);
    }
    await loader.close();
  });

  it('are refused where too many images are without', () => {
    expect(() => checkPartMasks(records, { ...CELLS, missing: 0.4 }, folder)).not.toThrow();
    const message = expect.stringMatching(/^1 of 3 images in .* do not say where legs, head are: c\.png; 0 may be without\./);
    expect(() => checkPartMasks(records, { ...CELLS, missing: 0.05 }, folder)).toThrow(expect.objectContaining({ code: 'DATASET_INVALID', message })); // prettier-ignore
  });

  it('ask the same of part boxes and of part maps', () => {
    const [one, ...others] = records as [CropRecord, ...CropRecord[]];
    const boxed = [{ ...one, partBoxes: { head: [0, 0, 1, 1] as const } }, ...others];
    expect(() => checkPartMasks(boxed, { ...FIELD, source: 'boxes', missing: 0.05 }, folder)).toThrow('2 of 3 images');
    expect(() => checkPartMasks(boxed, { ...FIELD, source: 'mask', missing: 0.05 }, folder)).toThrow('3 of 3 images');
    expect(() => checkPartMasks(boxed, { ...FIELD, missing: 0.7 }, folder)).not.toThrow();
    expect(() => checkPartMasks(boxed, FIELD, folder)).not.toThrow();
  });
});

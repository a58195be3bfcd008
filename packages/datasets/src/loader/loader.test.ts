import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReidError } from '@reidkit/core-tensor/base';
import { createRegistry, type Batch, type CropRecord, type Node, type Sampler } from '@reidkit/core-tensor/base';
import { clothesLabels, identityLabels } from '../label-map.ts';
import { datasetsPlugin } from '../plugin.ts';
import { createLoader, type Loader, type LoaderOptions } from './loader.ts';

const registry = createRegistry(datasetsPlugin);
const sampler = (use: string, options: unknown = {}): Sampler => registry.use({ use, options });
const PAINT = new URL('./__fixtures__/paint-plugin.mjs', import.meta.url).href;

const TRAIN: readonly Node[] = [
  { use: 'transform/resize', options: { height: 32, width: 16 } },
  { use: 'transform/flip' },
  { use: 'transform/pad-crop', options: { padding: 4 } },
  { use: 'transform/normalize', options: { constants: 'half' } },
  { use: 'transform/random-erasing' },
];
const PLAIN: readonly Node[] = [{ use: 'transform/resize', options: { height: 32, width: 16 } }];

let root: string;
const records: CropRecord[] = [];
const loaders: Loader[] = [];

/** A picture of one colour with a person of another, its mask, and part numbers. */
async function draw(name: string, shade: number): Promise<void> {
  const data = Buffer.alloc(24 * 48 * 3, shade);
  const mask = Buffer.alloc(24 * 48);
  const parts = Buffer.alloc(24 * 48);
  for (let y = 8; y < 40; y++) {
    for (let x = 6; x < 18; x++) {
      data.fill(255 - shade, (y * 24 + x) * 3, (y * 24 + x) * 3 + 3);
      mask[y * 24 + x] = 255;
      parts[y * 24 + x] = y < 24 ? 1 : 2;
    }
  }
  const grey = (pixels: Buffer): Promise<Buffer> =>
    sharp(pixels, { raw: { width: 24, height: 48, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
  const rgb = sharp(data, { raw: { width: 24, height: 48, channels: 3 } });
  writeFileSync(join(root, `${name}.jpg`), await rgb.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer());
  writeFileSync(join(root, `masks/${name}.png`), await grey(mask));
  writeFileSync(join(root, `parts/${name}.png`), await grey(parts));
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'reidkit-loader-'));
  mkdirSync(join(root, 'masks'));
  mkdirSync(join(root, 'parts'));
  for (let i = 0; i < 22; i++) {
    const name = String(i).padStart(4, '0');
    await draw(name, 20 + i * 4);
    records.push({
      form: 'crop',
      file: `${name}.jpg`,
      identity: 100 - (i % 7) * 10,
      camera: i % 3 === 2 ? null : i % 3,
      split: 'train',
      ...(i % 2 ? { clothes: 5 * i, view: 1, domain: 'street', captions: [`person ${i}`] } : {}),
    });
  }
  writeFileSync(join(root, 'cut.jpg'), readFileSync(join(root, '0000.jpg')).subarray(0, 300));
});
afterAll(async () => {
  await Promise.all(loaders.map((loader) => loader.close()));
  rmSync(root, { recursive: true });
});

async function loaderOf(options: Partial<LoaderOptions> = {}): Promise<Loader> {
  const loader = await createLoader({
    root,
    records,
    sampler: sampler('sampler/random', { batchSize: 4, last: 'keep' }),
    transforms: TRAIN,
    seed: 5,
    ...options,
  });
  loaders.push(loader);
  return loader;
}

async function collect(loader: Loader, epoch = 0, fromBatch = 0): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of loader.epoch(epoch, fromBatch)) batches.push(batch);
  return batches;
}

/** Records with masks and boxes, but for the third and fourth of every four. */
const withFiles = (plain: readonly CropRecord[]): CropRecord[] =>
  plain.map((record, i) => {
    const name = record.file.slice(0, 4);
    if (i % 4 === 3) return record;
    const partMask = i % 4 === 2 ? {} : { partMask: `parts/${name}.png` };
    return { ...record, mask: `masks/${name}.png`, ...partMask, partBoxes: { upper: [6, 8, 18, 24], lower: [6, 24, 18, 40] } };
  });

async function errorOf(work: Promise<unknown>): Promise<ReidError> {
  try {
    await work;
  } catch (error) {
    return error as ReidError;
  }
  throw new Error('nothing was thrown');
}

const broken = (at: number, file: string): CropRecord[] => records.map((record, i) => (i === at ? { ...record, file } : record));

/** Everything in batches as text: much quicker to compare than arrays element by element. */
const digest = (batches: readonly Batch[]): unknown[] =>
  batches.map(({ tensors, ...rest }) => ({
    ...rest,
    tensors: Object.entries(tensors).map(([name, { shape, dtype, data }]) => {
      const hash = createHash('sha256').update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      return [name, dtype, shape.join(), hash.digest('hex')].join(' ');
    }),
  }));

describe('batches', () => {
  it('are the same whatever the number of workers, and go on from any of them', async () => {
    const options = {
      records: withFiles(records),
      fields: { masks: true, captions: true, boxes: ['upper'], partMasks: { parts: ['upper'], height: 4, width: 2 } },
      labels: identityLabels(records),
    };
    const inline = digest(await collect(await loaderOf(options), 3));
    expect(inline.length).toBe(6);
    const threaded = await loaderOf({ ...options, workers: 2 }); // one worker is compared below
    expect(digest(await collect(threaded, 3))).toEqual(inline);
    expect(digest(await collect(threaded, 3, 4))).toEqual(inline.slice(4));
  });

  it('differ from epoch to epoch and from seed to seed', async () => {
    const loader = await loaderOf();
    const first = (await collect(loader, 0))[0]!.tensors;
    expect((await collect(loader, 1))[0]!.tensors.images.data).not.toEqual(first.images.data);
    expect((await collect(await loaderOf({ seed: 6 })))[0]!.tensors.index.data).not.toEqual(first.index.data);
    expect(digest(await collect(loader, 0, 5))).toEqual(digest((await collect(loader, 0)).slice(5)));
  });

  it('give a record that comes twice other random numbers', async () => {
    const pk = sampler('sampler/pk', { identities: 1, images: 6 });
    const one = await loaderOf({ records: records.slice(0, 1), sampler: pk, labels: identityLabels(records) });
    const [batch] = await collect(one);
    const length = 32 * 16 * 3;
    const images = Array.from({ length: 6 }, (_, i) =>
      Buffer.from(batch!.tensors.images.data.slice(i * length, (i + 1) * length).buffer).toString('base64'),
    );
    expect([...batch!.tensors.index.data]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(new Set(images).size).toBeGreaterThan(4);
  });

  it('carry labels in numeric order, and −1 for what is not known', async () => {
    const [batch] = await collect(
      await loaderOf({
        sampler: sampler('sampler/sequential', { batchSize: 4 }),
        labels: identityLabels(records),
        clothes: clothesLabels(records),
        domains: ['station', 'street'],
        fields: { captions: true },
      }),
    );
    const { tensors } = batch!;
    expect([...tensors.index.data]).toEqual([0, 1, 2, 3]);
    expect([...tensors.labels.data]).toEqual([6, 5, 4, 3]);
    expect([...tensors.cameras.data]).toEqual([0, 1, -1, 0]);
    expect([...tensors.views.data]).toEqual([-1, 1, -1, 1]);
    expect([...tensors.domains.data]).toEqual([0, 1, 0, 1]);
    expect([...tensors.clothesLabels!.data]).toEqual([-1, 0, -1, 1]);
    expect(batch!.captions).toEqual([[], ['person 1'], [], ['person 3']]);
    expect([...(await collect(await loaderOf()))[0]!.tensors.labels.data]).toEqual([-1, -1, -1, -1]);
  });

  it('are padded and marked when the last is small', async () => {
    const batches = await collect(await loaderOf({ sampler: sampler('sampler/sequential', { batchSize: 4 }) }));
    const { tensors } = batches.at(-1)!;
    expect([...tensors.valid.data]).toEqual([1, 1, 0, 0]);
    expect([...tensors.index.data]).toEqual([20, 21, -1, -1]);
    expect(tensors.images.data.slice(2 * 32 * 16 * 3).every((value) => value === 0)).toBe(true);
  });
});

describe('masks, parts and boxes', () => {
  const fields = {
    masks: true,
    partMasks: { parts: ['upper', 'lower'], height: 6, width: 4 },
    boxes: ['lower', 'hat'],
  } as const;

  it('follow the image through flips and crops', async () => {
    const transforms = [TRAIN[0]!, { use: 'transform/flip', options: { probability: 1 } }, TRAIN[2]!];
    const sequential = sampler('sampler/sequential', { batchSize: 4 });
    const [batch] = await collect(await loaderOf({ records: withFiles(records.slice(0, 4)), sampler: sequential, transforms, fields }));
    const { images, masks, masksValid, partMasks, partMasksValid, boxes, boxesValid } = batch!.tensors;
    expect([...masksValid!.data]).toEqual([1, 1, 1, 0]);
    expect([...partMasksValid!.data]).toEqual([1, 1, 1, 1, 1, 1, 0, 0]);
    expect([...boxesValid!.data]).toEqual([1, 0, 1, 0, 1, 0, 0, 0]);
    expect([masks!.shape, partMasks!.shape, boxes!.shape]).toEqual([
      [4, 32, 16],
      [4, 2, 6, 4],
      [4, 2, 4],
    ]);
    // The person is bright on dark: the mask is where pixels are brighter than grey.
    const differing = masks!.data.slice(0, 3 * 512).filter((inside, i) => inside !== (images.data[i * 3]! > 0.5 ? 1 : 0)).length;
    expect(differing / (3 * 512)).toBeLessThan(0.06);
    // Cells add up to the area of the person, whether they come from a mask or from boxes.
    const areas = [0, 2].map((i) => partMasks!.data.slice(i * 48, (i + 1) * 48).reduce((sum, share) => sum + share, 0));
    expect(Math.abs(areas[0]! - areas[1]!)).toBeLessThan(1.5);
    expect(boxes!.data[2]! - boxes!.data[0]!).toBeCloseTo(8, 5);
  });

  it('map back to the original', async () => {
    const sequential = sampler('sampler/sequential', { batchSize: 4 });
    const [batch] = await collect(
      await loaderOf({ records: withFiles(records.slice(0, 4)), sampler: sequential, transforms: PLAIN, fields }),
    );
    expect([...batch!.tensors.toOriginal.data.slice(0, 6)]).toEqual([1.5, 0, 0, 0, 1.5, 0]);
  });

  it('of another shape than the image are an error', async () => {
    const square = await sharp(Buffer.alloc(400), { raw: { width: 20, height: 20, channels: 1 } })
      .png()
      .toBuffer();
    writeFileSync(join(root, 'masks/square.png'), square);
    const wrong = [{ ...records[0]!, mask: 'masks/square.png' }];
    const error = await errorOf(collect(await loaderOf({ records: wrong, transforms: PLAIN, fields: { masks: true } })));
    expect(error.message).toContain('masks/square.png cannot be read as an image: as a mask it does not fit: it is 20 by 20');
  });
});

describe('files that cannot be read', () => {
  it('stop the epoch with the first in the order of the batches, whatever the workers', async () => {
    const bad = broken(20, 'gone.jpg').map((record, i) => (i === 2 ? { ...record, file: 'cut.jpg' } : record));
    for (const workers of [0, 1]) {
      const loader = await loaderOf({ records: bad, workers, sampler: sampler('sampler/sequential', { batchSize: 2 }) });
      const error = await errorOf(collect(loader));
      expect(error.code).toBe('IMAGE_UNREADABLE');
      expect(error.message).toContain('cut.jpg cannot be read as an image: ');
      expect(error.message.match(/hint:/g)).toHaveLength(1);
    }
  });

  it('are skipped and counted by choice, their places marked invalid', async () => {
    const bad = broken(2, 'cut.jpg').map((record, i) => (i === 5 ? { ...record, file: 'gone.jpg' } : record));
    const loader = await loaderOf({ records: bad, onError: 'skip', sampler: sampler('sampler/sequential', { batchSize: 4 }) });
    const batches = await collect(loader);
    expect(batches.flatMap(({ skipped }) => skipped.map(({ index, file }) => [index, file]))).toEqual([
      [2, 'cut.jpg'],
      [5, 'gone.jpg'],
    ]);
    expect([...batches[0]!.tensors.valid.data]).toEqual([1, 1, 0, 1]);
    expect([...batches[0]!.tensors.index.data]).toEqual([0, 1, 2, 3]);
  });
});

describe('threads', () => {
  it('hold no more than the window, go on after a reader stopped early, and reuse memory that was given back', async () => {
    const options = { records: broken(3, 'gone.jpg'), onError: 'skip' } as const;
    const fresh = digest(await collect(await loaderOf(options), 1));
    const loader = await loaderOf({ ...options, workers: 1, prefetch: 3 });
    for await (const batch of loader.epoch(0)) {
      await new Promise((resolve) => setTimeout(resolve, 30)); // a slow reader
      loader.recycle(batch);
      if (batch.number === 4) break;
    }
    expect(loader.mostHeld).toBe(3);
    const seen: unknown[] = [];
    for await (const batch of loader.epoch(1)) {
      seen.push(...digest([batch]));
      loader.recycle(batch);
    }
    expect(seen).toEqual(fresh);
  });

  it('report a failing transform with the file', async () => {
    const error = await errorOf(collect(await loaderOf({ transforms: [...PLAIN, { use: 'transform/fail' }], plugins: [PAINT] })));
    expect(error.message).toMatch(/00\d\d\.jpg: a transform failed: x is not a function/);
  });

  it('run the transforms of other plugins, and their end is an error, not a hang', async () => {
    const transforms = [...PLAIN, { use: 'transform/paint', options: { value: 51 } }, { use: 'transform/quit', options: { after: 4 } }];
    const loader = await loaderOf({ workers: 1, transforms, plugins: [PAINT] });
    const batches = loader.epoch(0);
    const { value: first } = await batches.next();
    expect(new Set((first as Batch).tensors.images.data)).toEqual(new Set([Math.fround(0.2)]));
    const error = await errorOf(batches.next());
    expect(error.message).toMatch(/^Loader worker 0 ended while it made batch 1, 2 \(00\d\d.jpg, .*\): exit code 3/);
    expect((await errorOf(collect(loader, 1))).message).toContain('exit code 3');
  });

  it('do not keep the program alive, even when nobody closes the loader', () => {
    const script = `
      import { createLoader, sequential } from '@reidkit/datasets';
      const loader = await createLoader({ root: ${JSON.stringify(root)}, records: [${JSON.stringify(records[0])}], seed: 1, workers: 1,
        sampler: sequential({ batchSize: 1 }), transforms: ${JSON.stringify(PLAIN)} });
      for await (const batch of loader.epoch(0)) console.log(batch.tensors.images.shape.join());
    `;
    const flags = ['--conditions=@reidkit/source', '--import', 'tsx', '--input-type=module'];
    const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, '-e', script], {
      cwd: new URL('../..', import.meta.url),
      encoding: 'utf8',
      timeout: 50_000,
    });
    expect({ stdout, stderr: stderr.slice(0, 500), status }).toEqual({ stdout: '1,32,16,3\n', stderr: '', status: 0 });
  });
});

describe('what cannot be loaded', () => {
  it('is refused before any file is read', async () => {
    expect((await errorOf(loaderOf({ records: [] }))).message).toContain('The loader got no records');
    const text = { form: 'text', text: 'a', identity: 1, split: 'train' } as const;
    expect((await errorOf(loaderOf({ records: [records[0]!, text] }))).message).toContain('record 1 is of form "text"');
    expect((await errorOf(loaderOf({ workers: -1 }))).message).toContain('workers is a whole number from 0 to 1024, got -1');
    expect((await errorOf(loaderOf({ transforms: [{ use: 'transform/flipp' }] }))).message).toContain('transform/flip');
    expect((await errorOf(loaderOf({ transforms: [{ use: 'transform/flip' }] }))).message).toContain('a batch needs one size');
  });
});

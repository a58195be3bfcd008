import { join } from 'node:path';
import { createRegistry, type CropRecord, type Sampler } from '@reidkit/core-tensor/base';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mapPoint } from '../pipeline/affine-map.ts';
import { datasetsPlugin } from '../plugin.ts';
import { TestFolder } from '../readers/unpacked.fixture.ts';
import { cutSample } from './cut-sample.ts';
import { createLoader } from './loader.ts';

const folder = new TestFolder();
const [WIDTH, HEIGHT] = [40, 30];
const pixels = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => (Math.floor(i / 3) * 7 + (i % 3) * 50) % 256);
beforeAll(async () => {
  await sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .png()
    .toFile(join(folder.path, 'frame.png'));
});
afterAll(() => folder.remove());

describe('cutSample', () => {
  const image = { width: WIDTH, height: HEIGHT, channels: 3 as const, data: pixels };

  it('takes the pixels that a box touches, with masks and boxes, as far as the frame goes', () => {
    const mask = {
      width: WIDTH,
      height: HEIGHT,
      channels: 1 as const,
      data: Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => i % 200),
    };
    const cut = cutSample({ image, masks: { person: mask }, boxes: { head: [12, 6, 20, 10] } }, [10.6, 4.2, 52, 8.1], 'frame.png');
    expect([cut.image.width, cut.image.height]).toEqual([30, 5]);
    expect([...cut.image.data.subarray(0, 3)]).toEqual([...pixels.subarray((4 * WIDTH + 10) * 3, (4 * WIDTH + 10) * 3 + 3)]);
    expect([...cut.image.data.subarray(-3)]).toEqual([...pixels.subarray((8 * WIDTH + 39) * 3, (8 * WIDTH + 39) * 3 + 3)]);
    expect(cut.masks!.person!.data[0]).toBe((4 * WIDTH + 10) % 200);
    expect(cut.boxes).toEqual({ head: [2, 2, 10, 6] });
    expect(() => cutSample({ image }, [41, 0, 50, 9], 'frame.png')).toThrow(
      /frame.png.*the box 41, 0, 50, 9 lies outside of its 40 by 30 pixels/,
    );
  });

  it('is what a loader gives for a record with a cut, with the way back to the frame', async () => {
    const record = (cut: CropRecord['cut']): CropRecord => ({
      form: 'crop',
      file: 'frame.png',
      split: 'gallery',
      identity: 1,
      camera: 0,
      ...(cut ? { cut } : {}),
    });
    const registry = createRegistry(datasetsPlugin);
    const loader = await createLoader({
      root: folder.path, seed: 1, records: [record([10, 4, 18, 20]), record([0, 0, 8, 16]), record(undefined)],
      sampler: registry.use<Sampler>({ use: 'sampler/sequential', options: { batchSize: 3 } }),
      transforms: [{ use: 'transform/resize', options: { height: 16, width: 8 } }],
    }); // prettier-ignore
    for await (const { tensors } of loader.epoch(0)) {
      const at = (place: number, x: number, y: number): number => Math.round(tensors.images.data[((place * 16 + y) * 8 + x) * 3]! * 255);
      expect(at(0, 3, 5)).toBe(pixels[((4 + 5) * WIDTH + 13) * 3]);
      expect(at(1, 3, 5)).toBe(pixels[(5 * WIDTH + 3) * 3]);
      const map = [...tensors.toOriginal.data.subarray(0, 6)] as unknown as Parameters<typeof mapPoint>[0];
      expect(mapPoint(map, [0, 0])).toEqual([10, 4]);
      expect(mapPoint(map, [8, 16])).toEqual([18, 20]);
    }
    await loader.close();
  });
});

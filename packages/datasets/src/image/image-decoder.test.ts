import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReidError, type Picture } from '@reidkit/core-tensor/base';
import { createImageDecoder, type ImageDecoder } from './image-decoder.ts';

const SOURCES = new URL('../../../../goldens/losses-metrics/src/', import.meta.url);
const source = (name: string): Uint8Array => readFileSync(new URL(name, SOURCES));

let decoder: ImageDecoder;
let folder: string;
beforeAll(async () => {
  decoder = await createImageDecoder();
  folder = mkdtempSync(join(tmpdir(), 'reidkit-decoder-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const pixels = Uint8Array.from({ length: 24 * 40 * 3 }, (_, i) => (i * 7 + (i >> 5) * 13) % 256);
const drawn = (): Sharp => sharp(pixels, { raw: { width: 24, height: 40, channels: 3 } });

async function messageOf(work: () => Picture | Promise<Picture> | Uint8Array): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (ReidError.is(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('decoding', () => {
  it('gives what libvips gives for common JPEG files, at once', async () => {
    for (const options of [{}, { progressive: true }, { chromaSubsampling: '4:4:4' }, { quality: 30 }]) {
      const file = await drawn().jpeg(options).toBuffer();
      const picture = decoder.decode(file, 'x.jpg');
      expect(picture).not.toBeInstanceOf(Promise);
      expect(Buffer.from((picture as Picture).data)).toEqual(await sharp(file).raw().toBuffer());
    }
  });

  it('spreads a grey JPEG over three channels', async () => {
    const file = await drawn().greyscale().jpeg().toBuffer();
    const { data } = await decoder.decode(file, 'x.jpg');
    for (let i = 0; i < data.length; i += 3) expect(data[i] === data[i + 1] && data[i] === data[i + 2]).toBe(true);
  });

  it('keeps lossless formats bit for bit and reads by content, whatever the name', async () => {
    for (const file of [
      await drawn().png().toBuffer(),
      await drawn().webp({ lossless: true }).toBuffer(),
      await drawn().tiff({ compression: 'none' }).toBuffer(),
    ]) {
      const picture = await decoder.decode(file, 'a png called.jpg');
      expect([picture.width, picture.height, picture.channels]).toEqual([24, 40, 3]);
      expect(new Uint8Array(picture.data)).toEqual(pixels);
    }
  });

  it('drops alpha without blending', async () => {
    const clear = await drawn().ensureAlpha(0).png().toBuffer();
    expect(new Uint8Array((await decoder.decode(clear, 'x.png')).data)).toEqual(pixels);
  });

  it('clips 16-bit grey at 255', async () => {
    const values = Uint16Array.of(0, 40, 255, 256, 30_000, 65_535);
    const file = await sharp(values, { raw: { width: 3, height: 2, channels: 1 } })
      .toColourspace('grey16')
      .png({ palette: false })
      .toBuffer();
    const { data } = await decoder.decode(file, 'x.png');
    expect([...data].filter((_, i) => i % 3 === 0)).toEqual([0, 40, 255, 255, 255, 255]);
  });

  it('ignores a rotation unless asked to apply it', async () => {
    const applying = await createImageDecoder({ orientation: 'apply' });
    const plain = await decoder.decode(source('exif.jpg'), 'exif.jpg');
    const turned = await applying.decode(source('exif.jpg'), 'exif.jpg');
    expect([plain.width, plain.height]).toEqual([64, 40]);
    expect([turned.width, turned.height]).toEqual([40, 64]);
  });
});

describe('what cannot be decoded is an error that names the file', () => {
  it('cut off', async () => {
    const jpeg = await drawn().jpeg().toBuffer();
    for (const part of [0.2, 0.6, 0.95]) {
      const cut = jpeg.subarray(0, Math.floor(jpeg.length * part));
      expect(await messageOf(() => decoder.decode(cut, 'people/7.jpg'))).toMatch(/^IMAGE_UNREADABLE: people\/7.jpg cannot be read/);
    }
    expect(await messageOf(() => decoder.decode(source('large.png').subarray(0, 5000), 'x.png'))).toMatch(/^IMAGE_UNREADABLE: x.png/);
  });

  it('empty, or no image', async () => {
    expect(await messageOf(() => decoder.decode(new Uint8Array(), 'x.jpg'))).toContain('it is empty');
    const message = await messageOf(() => decoder.decode(Buffer.from('<html><body>404</body></html>'), 'x.jpg'));
    expect(message).toContain('it is no JPEG, PNG, WebP, GIF, TIFF or BMP file (it begins with the bytes 3c 68 74 6d)');
    expect(message).toContain('hint: replace the file');
  });

  it('beyond the limits, before any pixel is made', async () => {
    const small = await createImageDecoder({ maxPixels: 100, maxBytes: 10_000 });
    const jpeg = await drawn().jpeg().toBuffer();
    expect(await messageOf(() => small.decode(jpeg, 'x.jpg'))).toContain('24 by 40 pixels are more than the limit of 100');
    expect(await messageOf(() => small.decode(source('large.png'), 'x.png'))).toContain('more than the limit of 10000');
    const bomb = Uint8Array.from(jpeg);
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
    bomb.set([0xff, 0xff, 0xff, 0xff], frame + 5);
    expect(await messageOf(() => decoder.decode(bomb, 'x.jpg'))).toContain('65535 by 65535 pixels are more than');
  });

  it('missing, a folder, or too large on disk', async () => {
    expect(await messageOf(() => decoder.readBytes(join(folder, 'no.jpg'), 'no.jpg'))).toContain('FILE_NOT_FOUND: no.jpg is not there');
    expect(await messageOf(() => decoder.readBytes(folder, 'folder'))).toContain('it is not a plain file');
    writeFileSync(join(folder, 'big'), new Uint8Array(101));
    const small = await createImageDecoder({ maxBytes: 100 });
    expect(await messageOf(() => small.readBytes(join(folder, 'big'), 'big'))).toContain('it has 101 bytes, more than the limit of 100');
  });
});

describe('damaged files', () => {
  it('give a picture of the size in the header or IMAGE_UNREADABLE, never anything else', async () => {
    const jpeg = await drawn().jpeg().toBuffer();
    const damage = fc.array(fc.tuple(fc.nat(jpeg.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(jpeg.length), async (bytes, length) => {
        const file = Uint8Array.from(jpeg);
        for (const [at, byte] of bytes) file[at] = byte;
        const cut = length > jpeg.length / 2 ? file.subarray(0, length) : file;
        try {
          const { width, height, channels, data } = await decoder.decode(cut, 'x.jpg');
          expect(channels).toBe(3);
          expect(data.length).toBe(width * height * 3);
        } catch (error) {
          expect(ReidError.is(error) && error.code).toBe('IMAGE_UNREADABLE');
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('masks', () => {
  const numbers = Uint8Array.from({ length: 23 * 17 }, (_, i) => (i * i) % 7);
  const drawnMask = (): Sharp => sharp(numbers, { raw: { width: 23, height: 17, channels: 1 } }).toColourspace('b-w');

  it('keep their numbers, whatever the compression', async () => {
    for (const options of [{}, { adaptiveFiltering: true }, { progressive: true }, { compressionLevel: 0 }]) {
      const mask = await decoder.decodeMask(await drawnMask().png(options).toBuffer(), 'mask.png');
      expect([mask.width, mask.height, mask.channels]).toEqual([23, 17, 1]);
      expect([...mask.data]).toEqual([...numbers]);
    }
  });

  it('give what libvips gives for grey files', async () => {
    const file = source('gray.png');
    const want = await sharp(file).toColourspace('b-w').raw().toBuffer();
    expect(Buffer.from((await decoder.decodeMask(file, 'gray.png')).data)).toEqual(want);
  });

  it('with a palette give the numbers of its entries', async () => {
    const picture = await decoder.decode(source('palette.png'), 'palette.png');
    const mask = await decoder.decodeMask(source('palette.png'), 'palette.png');
    const colorOf = new Map<number, string>();
    mask.data.forEach((number, i) => {
      const color = picture.data.subarray(i * 3, i * 3 + 3).join();
      expect(colorOf.get(number) ?? color).toBe(color);
      colorOf.set(number, color);
    });
    expect(Math.max(...colorOf.keys())).toBeLessThan(13);
    expect(colorOf.size).toBeGreaterThan(5);
  });

  it('that are damaged are an error', async () => {
    const file = source('palette.png');
    expect(await messageOf(() => decoder.decodeMask(file.subarray(0, 300), 'm.png'))).toMatch(/^IMAGE_UNREADABLE: m.png/);
    const grey = await drawnMask().png().toBuffer();
    expect(await messageOf(() => decoder.decodeMask(grey.subarray(0, grey.length - 30), 'm.png'))).toMatch(/^IMAGE_UNREADABLE: m.png/);
  });
});

import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { encodeGreyPng } from './grey-png.ts';

describe('encodeGreyPng', () => {
  it('is read back by others exactly', async () => {
    const data = Uint8Array.from({ length: 7 * 5 }, (_, k) => (k * 37) % 256);
    const image = sharp(encodeGreyPng({ width: 7, height: 5, data }));
    expect(await image.metadata()).toMatchObject({ format: 'png', width: 7, height: 5, channels: 1 });
    expect(Uint8Array.from(await image.toColourspace('b-w').raw().toBuffer())).toEqual(data);
  });
});

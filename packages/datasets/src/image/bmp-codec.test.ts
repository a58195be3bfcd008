import { describe, expect, it } from 'vitest';
import { ReidError, type Picture } from '@reidkit/core-tensor/base';
import { createImageDecoder } from './image-decoder.ts';

interface Bitmap {
  readonly depth: number;
  readonly height?: number;
  readonly palette?: readonly number[];
  readonly rows: readonly number[];
  readonly compression?: number;
}

/** A BMP of two columns. */
function bitmap({ depth, height = 2, palette = [], rows, compression = 0 }: Bitmap): Uint8Array {
  const bytes = new Uint8Array(54 + palette.length + rows.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(10, 54 + palette.length, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, 2, true);
  view.setInt32(22, height, true);
  view.setUint16(28, depth, true);
  view.setUint32(30, compression, true);
  bytes.set(palette, 54);
  bytes.set(rows, 54 + palette.length);
  return bytes;
}

const PIXELS = [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7]; // red, green; blue, nearly black
const PALETTE = [0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0, 7, 8, 9, 0];
const FULL = (entries: number): number[] => [...PALETTE, ...new Array<number>(entries * 4 - PALETTE.length).fill(0)];

describe('BMP', () => {
  const decode = async (bytes: Uint8Array): Promise<Picture> => (await createImageDecoder()).decode(bytes, 'x.bmp');

  it.each([
    ['24 bits, rows from the bottom', { depth: 24, rows: [255, 0, 0, 7, 8, 9, 0, 0, 0, 0, 255, 0, 255, 0, 0, 0] }],
    ['24 bits, rows from the top', { depth: 24, height: -2, rows: [0, 0, 255, 0, 255, 0, 0, 0, 255, 0, 0, 7, 8, 9, 0, 0] }],
    ['32 bits', { depth: 32, rows: [255, 0, 0, 1, 7, 8, 9, 1, 0, 0, 255, 1, 0, 255, 0, 1] }],
    ['8 bits with a palette', { depth: 8, palette: FULL(256), rows: [2, 3, 0, 0, 0, 1, 0, 0] }],
    ['4 bits with a palette', { depth: 4, palette: FULL(16), rows: [0x23, 0, 0, 0, 0x01, 0, 0, 0] }],
  ] as [string, Bitmap][])('of %s is decoded', async (_, made) => {
    expect(await decode(bitmap(made))).toMatchObject({ width: 2, height: 2, data: Uint8Array.from(PIXELS) });
  });

  it('of one bit is decoded', async () => {
    const { data } = await decode(bitmap({ depth: 1, palette: [0, 0, 0, 0, 255, 255, 255, 0], rows: [0x40, 0, 0, 0, 0x80, 0, 0, 0] }));
    expect([...data]).toEqual([255, 255, 255, 0, 0, 0, 0, 0, 0, 255, 255, 255]);
  });

  it.each([
    ['compressed', { depth: 8, palette: FULL(256), rows: [2, 3, 0, 0], compression: 1 }, 'with compression 1'],
    ['cut off', { depth: 24, rows: [1, 2, 3] }, 'it is cut off: 57 of 70 bytes are there'],
    ['without its palette', { depth: 8, rows: [0, 0, 0, 0, 0, 0, 0, 0] }, 'its palette is cut off'],
  ] as [string, Bitmap, string][])('that is %s is refused', async (_, made, message) => {
    const error = await decode(bitmap(made)).catch((thrown: unknown) => thrown);
    expect(ReidError.is(error) && error.message).toContain(message);
  });
});

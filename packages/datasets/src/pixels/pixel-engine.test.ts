import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Picture } from '@reidkit/core-tensor/base';
import { PixelEngine, type View } from './pixel-engine.ts';

const engine = new PixelEngine();

/** Much quicker than comparing element by element. */
const same = (got: Uint8Array | Float32Array, want: Uint8Array | Float32Array): boolean => Buffer.compare(bytes(got), bytes(want)) === 0;

const bytes = ({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array): Buffer => Buffer.from(buffer, byteOffset, byteLength);

function noisy(width: number, height: number, channels: 1 | 3, seed = 1): Picture {
  const data = new Uint8Array(width * height * channels);
  for (let i = 0, state = seed; i < data.length; i++) data[i] = (state = (state * 1103515245 + 12345) % 2147483648) >> 16;
  return { width, height, channels, data };
}

function resized(picture: Picture, width: number, height: number, filter: 'nearest' | 'bilinear' | 'bicubic'): Picture {
  engine.reset();
  return engine.read(engine.resize(engine.load(picture), width, height, filter));
}

const cut = (picture: Picture, view: Partial<View>): Picture => {
  engine.reset();
  const whole: View = { mirrored: false, left: 0, top: 0, width: picture.width, height: picture.height, fill: [0, 0, 0] };
  return engine.read(engine.window(engine.load(picture), { ...whole, ...view }));
};

const sides = fc.integer({ min: 1, max: 70 });
const channels = fc.constantFrom(1 as const, 3 as const);
const filters = fc.constantFrom('nearest' as const, 'bilinear' as const, 'bicubic' as const);

describe('resize', () => {
  it('keeps a picture of one colour as it is, whatever the sizes', () => {
    fc.assert(
      fc.property(sides, sides, sides, sides, channels, filters, fc.integer({ min: 0, max: 255 }), (w, h, W, H, c, filter, value) => {
        const picture = { width: w, height: h, channels: c, data: new Uint8Array(w * h * c).fill(value) };
        const result = resized(picture, W, H, filter);
        expect(same(result.data, new Uint8Array(W * H * c).fill(value))).toBe(true);
      }),
    );
  });

  it('resizes each channel by itself: three equal channels are three times the single one', () => {
    fc.assert(
      fc.property(sides, sides, sides, sides, filters, (w, h, W, H, filter) => {
        const grey = noisy(w, h, 1);
        const rgb: Picture = {
          ...grey,
          channels: 3,
          data: Uint8Array.from({ length: w * h * 3 }, (_, i) => grey.data[Math.floor(i / 3)]!),
        };
        const one = resized(grey, W, H, filter).data;
        const three = Uint8Array.from({ length: W * H * 3 }, (_, i) => one[Math.floor(i / 3)]!);
        expect(same(resized(rgb, W, H, filter).data, three)).toBe(true);
      }),
    );
  });

  it('gives the same picture when nothing changes', () => {
    const picture = noisy(13, 7, 3);
    expect(resized(picture, 13, 7, 'bicubic').data).toEqual(picture.data);
  });

  it('doubles as Pillow does: [0, 255] becomes [0, 53, 202, 255]', () => {
    const result = resized({ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 255) }, 4, 1, 'bicubic');
    expect([...result.data]).toEqual([0, 53, 202, 255]);
  });

  it('averages when it shrinks: half of a checker board is grey', () => {
    const data = Uint8Array.from({ length: 64 }, (_, i) => ((i + (i >> 3)) % 2) * 255);
    const result = resized({ width: 8, height: 8, channels: 1, data }, 2, 2, 'bilinear');
    for (const value of result.data) expect(Math.abs(value - 127.5)).toBeLessThan(8);
  });

  it('grows its memory for large pictures and keeps what is in it', () => {
    const small = noisy(40, 30, 3);
    const large = noisy(1500, 1200, 3);
    const fresh = new PixelEngine();
    const first = fresh.load(small);
    const second = fresh.load(large);
    expect(same(fresh.read(first).data, small.data)).toBe(true);
    expect(same(fresh.read(second).data, large.data)).toBe(true);
    expect(fresh.read(fresh.resize(second, 30, 40, 'bicubic')).data.length).toBe(30 * 40 * 3);
  });
});

describe('window', () => {
  it('mirrored twice is as before', () => {
    fc.assert(
      fc.property(sides, sides, channels, (w, h, c) => {
        const picture = noisy(w, h, c);
        expect(same(cut(cut(picture, { mirrored: true }), { mirrored: true }).data, picture.data)).toBe(true);
      }),
    );
  });

  it('padded and cropped again is as before', () => {
    fc.assert(
      fc.property(sides, sides, channels, fc.integer({ min: 0, max: 20 }), (w, h, c, pad) => {
        const picture = noisy(w, h, c);
        const padded = cut(picture, { left: -pad, top: -pad, width: w + 2 * pad, height: h + 2 * pad, fill: [9, 9, 9] });
        expect(same(cut(padded, { left: pad, top: pad, width: w, height: h }).data, picture.data)).toBe(true);
      }),
    );
  });

  it('shows the fill colour outside', () => {
    const picture: Picture = { width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) };
    expect([...cut(picture, { left: -1, width: 3, fill: [7, 8, 9] }).data]).toEqual([7, 8, 9, 1, 2, 3, 7, 8, 9]);
  });

  it('as floats is the window as bytes, looked up', () => {
    const view = fc.record({
      mirrored: fc.boolean(),
      left: fc.integer({ min: -40, max: 40 }),
      top: fc.integer({ min: -40, max: 40 }),
      width: fc.integer({ min: 1, max: 50 }),
      height: fc.integer({ min: 1, max: 50 }),
      fill: fc.constant([1, 20, 255] as const),
    });
    const levels = Float32Array.from({ length: 768 }, (_, i) => (i % 256) + 1000 * Math.floor(i / 256));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), view, (w, h, at) => {
        const picture = noisy(w, h, 3);
        const cutBytes = cut(picture, at).data;
        const out = new Float32Array(at.width * at.height * 3);
        engine.reset();
        engine.floats(engine.load(picture), at, levels, out);
        const looked = Float32Array.from(cutBytes, (byte, i) => byte + 1000 * (i % 3));
        expect(same(out, looked)).toBe(true);
      }),
    );
  });
});

describe('normals', () => {
  it('have mean 0, deviation 1 and the tails of the normal distribution', () => {
    engine.reset();
    const values = engine.normals(1_000_000, [123456789, 362436069, 521288629, 88675123]);
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
    const beyond3 = values.filter((x) => Math.abs(x) > 3).length / values.length;
    expect(mean).toBeCloseTo(0, 2);
    expect(variance).toBeCloseTo(1, 2);
    expect(beyond3).toBeGreaterThan(0.0025);
    expect(beyond3).toBeLessThan(0.0029);
    expect(Math.max(...values.slice(0, 100_000))).toBeGreaterThan(3.8);
  });

  it('are the same for the same seed, and begin the same whatever the count', () => {
    engine.reset();
    const long = engine.normals(100, [1, 2, 3, 4]).slice();
    const short = engine.normals(40, [1, 2, 3, 4]).slice();
    expect(short).toEqual(long.slice(0, 40));
    expect(engine.normals(40, [1, 2, 3, 5])).not.toEqual(short);
  });
});

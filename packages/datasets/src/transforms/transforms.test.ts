import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRegistry, Random, ReidError, type GeometryTransform, type Picture, type PictureTransform } from '@reidkit/core-tensor/base';
import { datasetsPlugin } from '../plugin.ts';
import { adjustBytes, type Adjustment } from './adjust-bytes.ts';
import { adjustColors } from './color-jitter.ts';
import { centerWindow } from './center-crop.ts';
import { drawErasingBox } from './erasing-box.ts';
import { normalizationLevels, NORMALIZATIONS } from './normalize.ts';
import { shortSideSize } from './resize.ts';
import { roundHalfEven } from './round-half-even.ts';
import { drawSolidErasing, paintBox } from './solid-erasing.ts';

const registry = createRegistry(datasetsPlugin);
const geometry = (use: string, options: unknown = {}): GeometryTransform => registry.use({ use, options });
const stream = (seed: number) => Random.seed(seed).stream();
const size = { width: 30, height: 50 };
const colorful: Picture = { width: 8, height: 8, channels: 3, data: Uint8Array.from({ length: 192 }, (_, i) => (i * 37) % 256) };

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (ReidError.is(error)) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('transform/resize', () => {
  it('plans a size, or a short side with the long one truncated', () => {
    expect(geometry('transform/resize', { height: 256, width: 128 }).plan(size, stream(1))).toEqual([
      { step: 'resize', height: 256, width: 128, filter: 'bicubic' },
    ]);
    expect(shortSideSize({ width: 3, height: 5 }, 4)).toEqual({ width: 4, height: 6 });
    expect(shortSideSize({ width: 5, height: 3 }, 4)).toEqual({ width: 6, height: 4 });
  });

  it('says what is wrong with its options', () => {
    expect(messageOf(() => geometry('transform/resize', { height: 256, widht: 128 }))).toContain('transform/resize');
    expect(messageOf(() => geometry('transform/rezise', { height: 256, width: 128 }))).toContain('transform/resize');
  });
});

describe('transform/flip', () => {
  it('flips as often as asked', () => {
    const flip = geometry('transform/flip', { probability: 0.3 });
    const flips = Array.from({ length: 3000 }, (_, seed) => flip.plan(size, stream(seed)).length);
    expect(flips.reduce((sum, n) => sum + n, 0) / 3000).toBeCloseTo(0.3, 1);
  });
});

describe('transform/pad-crop', () => {
  it('reaches every offset and no other', () => {
    const crop = geometry('transform/pad-crop', { padding: 2 });
    const seen = new Set<string>();
    for (let seed = 0; seed < 800; seed++) {
      const [step] = crop.plan(size, stream(seed));
      if (step?.step !== 'window') throw new Error('expected a window');
      expect([step.width, step.height]).toEqual([30, 50]);
      seen.add(`${step.left} ${step.top}`);
    }
    expect(seen.size).toBe(25);
    expect([...seen].every((place) => place.split(' ').every((at) => Math.abs(Number(at)) <= 2))).toBe(true);
  });

  it('refuses a window larger than the padded image', () => {
    const crop = geometry('transform/pad-crop', { padding: 1, height: 53, width: 20 });
    expect(messageOf(() => crop.plan(size, stream(1)))).toContain(
      'a window of 53 by 20 (height by width) does not fit into an image of 50 by 30',
    );
  });
});

describe('transform/center-crop', () => {
  it('rounds halves to even and pads what is too small', () => {
    expect(centerWindow({ width: 10, height: 11 }, { width: 5, height: 4 })).toMatchObject({ left: 2, top: 4 });
    expect(centerWindow({ width: 4, height: 4 }, { width: 7, height: 4 })).toMatchObject({ left: -1, top: 0 });
    expect([0.5, 1.5, 2.5, 0.49, 3.51].map(roundHalfEven)).toEqual([0, 2, 2, 0, 4]);
  });
});

describe('transform/pad-square', () => {
  it('puts the image in the middle, the odd pixel behind it', () => {
    const square = geometry('transform/pad-square', { fill: [122, 116, 104] });
    const at = { step: 'window', width: 5, height: 5, fill: [122, 116, 104] };
    expect(square.plan({ width: 5, height: 2 }, stream(1))).toEqual([{ ...at, left: 0, top: -1 }]);
    expect(square.plan({ width: 1, height: 5 }, stream(1))).toEqual([{ ...at, left: -2, top: 0 }]);
  });
});

describe('transform/normalize', () => {
  it('has PyTorch’s roundings', () => {
    const levels = normalizationLevels({ ...NORMALIZATIONS.half, scale: 1 });
    expect([levels[0], levels[255]]).toEqual([-1, 1]);
    expect(levels[1]).toBe(Math.fround((Math.fround(1 / 255) - 0.5) / 0.5));
    const bytes = normalizationLevels({ mean: [0, 0, 0], deviation: [1, 1, 1], scale: 255 });
    expect([...bytes.slice(256, 512)]).toEqual(Array.from({ length: 256 }, (_, byte) => Math.fround(Math.fround(byte / 255) * 255)));
  });
});

describe('transform/color-jitter', () => {
  it('changes nothing with amounts that change nothing', () => {
    for (const [name, amount] of [
      ['brightness', 1],
      ['contrast', 1],
      ['saturation', 1],
    ] as [Adjustment, number][]) {
      expect(adjustBytes(colorful, name, amount).data).toEqual(colorful.data);
    }
    const apply = registry.use<PictureTransform>({ use: 'transform/color-jitter' }).apply({ image: colorful }, stream(1));
    expect(apply.image).toBe(colorful);
  });

  it('has the ends that its factors promise', () => {
    expect(adjustBytes(colorful, 'brightness', 0).data.every((byte) => byte === 0)).toBe(true);
    expect(new Set(adjustBytes(colorful, 'contrast', 0).data).size).toBe(1);
    const grey = adjustBytes(colorful, 'saturation', 0).data;
    for (let i = 0; i < grey.length; i += 3) expect(grey[i] === grey[i + 1] && grey[i] === grey[i + 2]).toBe(true);
  });

  it('in floats stays near what it is in bytes', () => {
    const steps = [
      { adjustment: 'contrast', amount: 1.2 },
      { adjustment: 'hue', amount: 0.1 },
      { adjustment: 'saturation', amount: 0.8 },
    ] as const;
    const bytes = adjustColors(colorful, steps, 'bytes').data;
    const floats = adjustColors(colorful, steps, 'floats').data;
    expect(Math.max(...bytes.map((byte, i) => Math.abs(byte - floats[i]!)))).toBeLessThan(16); // Pillow's hue has 256 steps
  });

  it('never changes the picture it was given', () => {
    const before = colorful.data.slice();
    const jitter = registry.use<PictureTransform>({
      use: 'transform/color-jitter',
      options: { brightness: 0.5, contrast: 0.5, saturation: 0.5, hue: 0.4 },
    });
    jitter.apply({ image: colorful }, stream(3));
    expect(colorful.data).toEqual(before);
  });
});

describe('erasing', () => {
  it('keeps every box inside the image and within its area', () => {
    const rule = { probability: 1, area: [0.02, 0.4], aspect: [0.3, 1 / 0.3], attempts: 100 } as const;
    fc.assert(
      fc.property(
        fc.integer({ min: 8, max: 200 }),
        fc.integer({ min: 8, max: 200 }),
        fc.nat(),
        fc.constantFrom('timm', 'original'),
        (w, h, seed, law) => {
          const draws = stream(seed);
          const box = drawErasingBox(() => draws.uniform(), { width: w, height: h }, { ...rule, law: law as 'timm' | 'original' });
          if (!box) return;
          expect(box.top >= 0 && box.left >= 0 && box.top + box.height <= h && box.left + box.width <= w).toBe(true);
          expect(box.width < w && box.height < h).toBe(true);
        },
      ),
    );
  });

  it('of Instruct-ReID erases 90 % of images', () => {
    const rule = { threshold: 0.8, area: [0.02, 0.2], aspect: [0.3, 1 / 0.3] } as const;
    const draws = stream(5);
    let erased = 0;
    for (let i = 0; i < 10_000; i++) if (drawSolidErasing(() => draws.uniform(), { width: 64, height: 128 }, rule)) erased++;
    expect(Math.abs(erased / 10_000 - 0.9)).toBeLessThan(0.01);
  });

  it('paints one box in one colour and leaves the rest', () => {
    const painted = paintBox(colorful, { box: { top: 2, left: 3, height: 2, width: 4 }, color: [1, 2, 3] });
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 8; x++) {
        const at = (y * 8 + x) * 3;
        const inside = y >= 2 && y < 4 && x >= 3 && x < 7;
        expect([...painted.data.slice(at, at + 3)]).toEqual(inside ? [1, 2, 3] : [...colorful.data.slice(at, at + 3)]);
      }
    }
  });
});

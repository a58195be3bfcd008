import { ReidError, type Picture } from '@reidkit/core-tensor/base';
import { describe, expect, it } from 'vitest';
import { colourHistogram } from './colour-histogram.ts';
import { stackDescriptors, takeDescriptors } from './descriptor-rows.ts';
import { l1Scorer } from './l1-scorer.ts';

const picture = (width: number, height: number, pixels: readonly (readonly number[])[]): Picture => ({
  width,
  height,
  channels: 3,
  data: Uint8Array.from(pixels.flat()),
});
const RED = [255, 0, 0];
const GREEN = [0, 255, 0];
const BLACK = [0, 0, 0];

describe('colourHistogram', () => {
  it('puts pure colours into the bins worked out by hand and sums to 1', () => {
    const histogram = colourHistogram(picture(2, 2, [RED, GREEN, BLACK, RED]));
    expect(histogram).toHaveLength(512);
    expect(histogram[(0 * 8 + 7) * 8 + 7]).toBe(0.5); // red: hue 0
    expect(histogram[(2 * 8 + 7) * 8 + 7]).toBe(0.25); // green: hue 2 of 6 is bin 2.67 of 8
    expect(histogram[0]).toBe(0.25);
    expect(histogram.reduce((sum, value) => sum + value, 0)).toBe(1);
  });

  it('takes hues just below red as the last bin', () => {
    expect(colourHistogram(picture(1, 1, [[255, 0, 1]]))[(7 * 8 + 7) * 8 + 7]).toBe(1);
  });

  it('keeps stripes apart', () => {
    const histogram = colourHistogram(picture(1, 2, [RED, GREEN]), { stripes: 2 });
    expect(histogram[63]).toBe(0.5);
    expect(histogram[512 + 191]).toBe(0.5);
  });

  it('refuses one channel and too many stripes', () => {
    expect(() => colourHistogram({ width: 1, height: 1, channels: 1, data: Uint8Array.of(3) })).toThrow(
      'expected an RGB picture [H, W, 3]',
    );
    expect(() => colourHistogram(picture(1, 1, [RED]), { stripes: 2 })).toThrow('expected 1 to 1 stripes');
  });
});

describe('scorer/l1 over stacked descriptors', () => {
  const histograms = [RED, GREEN, BLACK].map((pixel) => colourHistogram(picture(1, 1, [pixel])));
  const descriptors = stackDescriptors('colour', histograms);

  it('is 0 for equal histograms and 2 for disjoint ones', async () => {
    const prepared = l1Scorer({ descriptor: 'colour' }).prepare(descriptors);
    expect([...(await prepared.distances(takeDescriptors(descriptors, [1])))]).toEqual([2, 0, 2]);
  });

  it('refuses rows of different lengths', () => {
    try {
      stackDescriptors('colour', [new Float32Array(2), new Float32Array(3)]);
      expect.unreachable();
    } catch (error) {
      expect(ReidError.is(error) && error.message).toContain('rows of 2 numbers, got 3 in row 1');
    }
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { hostTensor, type HostTensor } from '../host-tensor.ts';
import { Random } from '../random.ts';
import { gradientFaults } from '../testing/finite-differences.ts';
import { tensor, toTensor } from '../tensor.ts';
import { averagePool2d, maxPool2d } from './pool2d.ts';

beforeAll(() => useBackend(referenceBackend));

const picture = (height: number, width: number): HostTensor<'float32'> =>
  hostTensor(Random.seed(1).normal(6 * height * width), [2, 3, height, width]);

/** Values of each window, channel by channel. */
function windows({ shape, data }: HostTensor, size: number, stride: number, padding: number): number[][] {
  const [batch, channels, height, width] = shape as [number, number, number, number];
  const count = (length: number): number => Math.floor((length + 2 * padding - size) / stride) + 1;
  return Array.from({ length: batch * channels }, (_, plane) =>
    Array.from({ length: count(height) * count(width) }, (_unused, at) => {
      const [top, left] = [Math.floor(at / count(width)) * stride - padding, (at % count(width)) * stride - padding];
      return Array.from({ length: size * size }, (_value, i) => [top + Math.floor(i / size), left + (i % size)] as const)
        .filter(([y, x]) => y >= 0 && x >= 0 && y < height && x < width)
        .map(([y, x]) => data[(plane * height + y) * width + x]!);
    }),
  ).flat();
}

describe('maxPool2d', () => {
  it.each([{ size: 2 }, { size: 3, stride: 2, padding: 1 }, { size: 3, stride: 1 }, { size: 2, stride: 3 }])(
    'takes the largest of each window: %j',
    async (options) => {
      const x = picture(7, 6);
      const { size, stride = size, padding = 0 } = options as { size: number; stride?: number; padding?: number };
      const got = maxPool2d(toTensor(x), options);
      expect([...got.dataSync()]).toEqual(windows(x, size, stride, padding).map((values) => Math.max(...values)));
      expect(await gradientFaults((v) => maxPool2d(v.x!, options), { x }, { most: 30 })).toEqual([]);
    },
  );

  it('never lets the padding win', () => {
    const x = tensor([-1, -2, -3, -4], [1, 1, 2, 2]);
    expect([...maxPool2d(x, { size: 3, stride: 2, padding: 1 }).dataSync()]).toEqual([-1]);
  });
});

describe('averagePool2d', () => {
  it.each([
    [8, 6],
    [7, 5],
  ])('takes the mean of windows side by side and leaves the rest (%i × %i)', async (height, width) => {
    // prettier-ignore
    const x = picture(height, width);
    const got = averagePool2d(toTensor(x), { size: 2 });
    expect(got.shape).toEqual([2, 3, Math.floor(height / 2), Math.floor(width / 2)]);
    const want = windows(x, 2, 2, 0).map((values) => values.reduce((sum, value) => sum + value, 0) / 4);
    got.dataSync().forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 5));
    expect(await gradientFaults((v) => averagePool2d(v.x!, { size: 2 }), { x }, { most: 30 })).toEqual([]);
  });

  it('refuses what is no picture', () => {
    expect(() => averagePool2d(tensor([1, 2]), { size: 2 })).toThrow('averagePool2d expected [B, C, H, W], got [2].');
  });
});

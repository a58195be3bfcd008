import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { hostTensor, type HostTensor } from '../host-tensor.ts';
import { Random } from '../random.ts';
import { gradientFaults } from '../testing/finite-differences.ts';
import { toTensor } from '../tensor.ts';
import { conv2d, type Conv2dOptions } from './conv2d.ts';

beforeAll(() => useBackend(referenceBackend));

const normal = (name: string, ...shape: number[]): HostTensor =>
  hostTensor(
    Random.seed(1)
      .fork(name)
      .normal(shape.reduce((product, length) => product * length, 1)),
    shape,
  );
const pair = (value: number | readonly [number, number] = 1): readonly [number, number] =>
  typeof value === 'number' ? [value, value] : value;

/** The sum itself, number by number, in float64. */
function byHand(x: HostTensor, w: HostTensor, options: Conv2dOptions): { shape: number[]; data: number[] } {
  const [batch, , height, width] = x.shape as [number, number, number, number];
  const [outputs, inputs, high, wide] = w.shape as [number, number, number, number];
  const { groups = 1 } = options;
  const [[sy, sx], [py, px], [dy, dx]] = [pair(options.stride), pair(options.padding ?? 0), pair(options.dilation)];
  const [rows, columns] = [
    Math.floor((height + 2 * py - dy * (high - 1) - 1) / sy) + 1,
    Math.floor((width + 2 * px - dx * (wide - 1) - 1) / sx) + 1,
  ];
  const data: number[] = [];
  for (let b = 0; b < batch; b++)
    for (let o = 0; o < outputs; o++)
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < columns; c++) {
          let sum = 0;
          const first = Math.floor(o / (outputs / groups)) * inputs;
          for (let i = 0; i < inputs; i++)
            for (let u = 0; u < high; u++)
              for (let v = 0; v < wide; v++) {
                const [y, z] = [r * sy - py + u * dy, c * sx - px + v * dx];
                if (y < 0 || z < 0 || y >= height || z >= width) continue;
                sum +=
                  x.data[((b * inputs * groups + first + i) * height + y) * width + z]! * w.data[((o * inputs + i) * high + u) * wide + v]!;
              }
          data.push(sum);
        }
  return { shape: [batch, outputs, rows, columns], data };
}

describe('conv2d', () => {
  const cases: (Conv2dOptions & { name: string; size?: [number, number]; kernel?: [number, number] })[] = [
    { name: 'plain' },
    { name: 'stride 2', stride: 2 },
    { name: 'another stride down than across', stride: [3, 2] },
    { name: 'a stride that leaves a rest', stride: 2, size: [8, 7] },
    { name: 'padding', padding: 1 },
    { name: 'another padding down than across', padding: [2, 1] },
    { name: 'dilation 2', dilation: 2 },
    { name: 'another dilation down than across', dilation: [3, 1] },
    { name: 'groups', groups: 2 },
    { name: 'a channel a group', groups: 4 },
    { name: 'a channel a group, stride, padding and dilation', stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 4 },
    { name: 'a channel a group, padding', padding: 1, groups: 4, kernel: [3, 3] },
    { name: 'stride, padding, dilation and groups', stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 2 },
    { name: 'one pixel', kernel: [1, 1] },
    { name: 'one pixel, stride 2', kernel: [1, 1], stride: 2 },
    { name: 'patches side by side', kernel: [4, 3], stride: [4, 3], size: [8, 9] },
    { name: 'the whole picture', kernel: [9, 8] },
    { name: 'padding wider than the kernel reaches', kernel: [1, 2], padding: [1, 2] },
  ];

  it.each(cases)('is the sum over windows: $name', async ({ name: _, size = [9, 8], kernel = [3, 2], ...options }) => {
    const x = normal('x', 2, 4, ...size);
    const w = normal('w', 8, 4 / (options.groups ?? 1), ...kernel);
    const got = conv2d(toTensor(x), toTensor(w), options);
    const want = byHand(x, w, options);
    expect(got.shape).toEqual(want.shape);
    got.dataSync().forEach((value, i) => expect(value).toBeCloseTo(want.data[i]!, 4));
    expect(await gradientFaults((v) => conv2d(v.x!, v.w!, options), { x, w }, { most: 24 })).toEqual([]);
  });

  it('refuses channels that do not fit, naming both shapes', () => {
    const convolve = (x: number[], w: number[], options?: Conv2dOptions) => () =>
      conv2d(toTensor(normal('x', ...x)), toTensor(normal('w', ...w)), options);
    expect(convolve([1, 4, 5, 5], [2, 3, 3, 3])).toThrow(
      'conv2d expected x [B, C, H, W] and weight [O, C / 1, h, w], got [1, 4, 5, 5] and [2, 3, 3, 3].',
    );
    expect(convolve([1, 4, 5, 5], [3, 2, 3, 3], { groups: 2 })).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
    expect(convolve([4, 5, 5], [2, 4, 3, 3])).toThrow('got [4, 5, 5]');
  });
});

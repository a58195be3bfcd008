import type { Node, Picture } from '@reidkit/core-tensor';
import { Random } from '@reidkit/core-tensor';
import { buildPipeline } from '@reidkit/datasets';
import type { GoldenCase, GoldenTensor } from './adapter.ts';

/** One level of 8 bits, with room for the float32 of the file. */
export const levels = (count: number): { atol: number; rtol: number; compare: 'max' } => ({
  atol: (count + 1e-3) / 255,
  rtol: 0,
  compare: 'max',
});

const numbers = ({ data }: GoldenTensor): Float64Array => Float64Array.from(data as ArrayLike<number | bigint>, Number);

/** `[3, H, W]` → `[H, W, 3]`. */
export function channelsLast(tensor: GoldenTensor): Float64Array {
  const values = numbers(tensor);
  const pixels = values.length / 3;
  return values.map((_, i) => values[(i % 3) * pixels + Math.floor(i / 3)]!);
}

/** `[H, W, 3]` → `[3, H, W]`. */
export function channelsFirst(values: ArrayLike<number>): Float64Array {
  const pixels = values.length / 3;
  return Float64Array.from(values, (_, i) => values[(i % pixels) * 3 + Math.floor(i / pixels)]!);
}

/** A tensor `[3, H, W]` in [0, 1] as a picture. */
export function pictureOf(tensor: GoldenTensor): Picture {
  const [, height = 0, width = 0] = tensor.shape;
  return { width, height, channels: 3, data: Uint8Array.from(channelsLast(tensor), (value) => Math.round(value * 255)) };
}

/** Compares a picture with a tensor `[3, H, W]` in [0, 1], within some levels of 1/255. */
export function comparePicture(golden: GoldenCase, key: string, got: Picture, tolerance: number): void {
  const want = golden.tensor(key);
  const [, height, width] = want.shape;
  golden.report.check(`${key} size`, got.width === width && got.height === height, `got ${got.height} by ${got.width}`);
  const unit = Float64Array.from(channelsFirst(got.data), (byte) => byte / 255);
  golden.report.compare(key, unit, want, levels(tolerance));
}

/** What transforms make of a picture, `[3, H, W]`; random ones draw from seed 1. */
export async function transformed(picture: Picture, transforms: readonly Node[]): Promise<Float64Array> {
  const pipeline = await buildPipeline(transforms);
  const out = new Float32Array(pipeline.size.width * pipeline.size.height * 3);
  pipeline.run({ image: picture }, Random.seed(1), out);
  return channelsFirst(out);
}

import type { Picture } from '@reidkit/core-tensor';
import { llavaTransforms } from '@reidkit/lmm';
import type { GoldenAdapter, GoldenCase, GoldenTensor } from '../adapter.ts';
import { channelsLast, transformed } from '../image-case.ts';

function pictureOf({ shape, data }: GoldenTensor): Picture {
  const [height, width] = shape as [number, number];
  return { width, height, channels: 3, data: Uint8Array.from(data as ArrayLike<number>) };
}

/** Bytes `[H, W, 3]` of a picture behind some of the transforms. */
async function bytesOf(picture: Picture, size: number, count: number): Promise<Uint8Array> {
  const chain = llavaTransforms(size).slice(0, count);
  // A pipeline leads to one size: for the square alone that is its own.
  const floats = await transformed(picture, count === 1 ? [...chain, ...llavaTransforms(Math.max(picture.width, picture.height)).slice(1, 2)] : chain);
  const tensor: GoldenTensor = { dtype: 'F64', shape: [3, floats.length / 3], data: floats };
  return Uint8Array.from(channelsLast(tensor), (unit) => Math.round(unit * 255));
}

async function compareFrame(golden: GoldenCase, index: number): Promise<void> {
  const { size } = golden.json.config;
  const picture = pictureOf(golden.tensor(`in/image${index}`));
  golden.report.compare(`out/square${index}`, await bytesOf(picture, size, 1), golden.tensor(`out/square${index}`));
  golden.report.compare(`out/resized${index}`, await bytesOf(picture, size, 2), golden.tensor(`out/resized${index}`));
  golden.report.compare(`out/pixels${index}`, await transformed(picture, llavaTransforms(size)), golden.tensor(`out/pixels${index}`));
}

export const adapter: GoldenAdapter = {
  family: 'llava-preprocess',
  async run(golden) {
    for (const index of golden.json.config.frames.keys()) await compareFrame(golden, index);
  },
};

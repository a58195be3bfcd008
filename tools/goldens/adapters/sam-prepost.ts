import { add, mul, scoped, sum, valueAndGradients, type Box, type Picture, type Tensor } from '@reidkit/core-tensor';
import { FrameGeometry, logitsOnFrame, longestSideSize, mapsOnFrame, normalizedFrame, padFrame, SAM_COLOURS, type Place } from '@reidkit/segmenter';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { goldenTensor } from '../golden-tensors.ts';
import { wholeNumbers } from '../retrieval-case.ts';

/** Rows of a tensor as numbers. */
function rowsOf(golden: GoldenCase, key: string): number[][] {
  const { data, shape } = golden.tensor(key);
  const [count = 0, width = 0] = shape;
  return Array.from({ length: count }, (_, i) => Array.from({ length: width }, (_, k) => Number(data[i * width + k])));
}

function pictureOf(golden: GoldenCase, key: string): Picture {
  const { data, shape } = golden.tensor(key);
  return { height: shape[0]!, width: shape[1]!, channels: 3, data: Uint8Array.from(data as ArrayLike<number>) };
}

/** `[H, W, 3]` normalised as `[3, H, W]`, or as the bytes that it was. */
const planes = (floats: Float32Array): number[] => [0, 1, 2].flatMap((channel) => Array.from(floats.filter((_, i) => i % 3 === channel)));
const bytes = (floats: Float32Array): number[] =>
  Array.from(floats, (value, i) => Math.round(value * SAM_COLOURS.deviation[i % 3]! + SAM_COLOURS.mean[i % 3]!));

async function compareFrame(golden: GoldenCase, n: number): Promise<FrameGeometry> {
  const { report } = golden;
  const picture = pictureOf(golden, `in/image${n}`);
  const geometry = new FrameGeometry(picture, golden.json.config.img_size);
  const { shown, side } = geometry;
  report.compare(`input_hw${n}`, [shown.height, shown.width], golden.tensor(`out/input_hw${n}`));
  const floats = await normalizedFrame(picture, shown);
  report.compare(`resized${n}`, bytes(floats), golden.tensor(`out/resized${n}`));
  report.compare(`preprocessed${n}`, planes(padFrame(floats, shown, side)), golden.tensor(`out/preprocessed${n}`));
  const points = rowsOf(golden, `in/points${n}`).flatMap((row) => geometry.placeOnInput(row as unknown as Place));
  report.compare(`points${n}`, points, golden.tensor(`out/points${n}`));
  const boxes = rowsOf(golden, `in/boxes${n}`).flatMap((row) => geometry.boxOnInput(row as unknown as Box));
  report.compare(`boxes${n}`, boxes, golden.tensor(`out/boxes${n}`));
  const low = golden.tensor(`in/low_res${n}`);
  const [masks, , height, width] = low.shape as [number, number, number, number];
  const size = height * width;
  const full = Array.from({ length: masks }, (_, mask) => {
    const data = Float32Array.from(low.data.slice(mask * size, (mask + 1) * size) as ArrayLike<number>);
    return [...logitsOnFrame({ height, width, data }, geometry.place)];
  }).flat();
  report.compare(`full${n} in memory`, full, golden.tensor(`out/full${n}`));
  report.compare(`mask${n}`, full.map((logit) => Number(logit > 0)), golden.tensor(`out/mask${n}`)); // prettier-ignore
  return geometry;
}

export const adapter: GoldenAdapter = {
  family: 'sam-prepost',
  async run(golden) {
    const { config } = golden.json;
    const sizes = (config.size_table as number[][]).flatMap(([height = 0, width = 0, side = 0]) => {
      const resized = longestSideSize({ width, height }, side);
      return [height, width, side, resized.height, resized.width];
    });
    golden.report.check('sizes', String(sizes) === String(wholeNumbers(golden.tensor('out/sizes'))), String(sizes));
    const geometries: FrameGeometry[] = [];
    for (const n of (config.frames as unknown[]).keys()) geometries.push(await compareFrame(golden, n));
    scoped(() => {
      const lows = Object.fromEntries(geometries.map((_, n) => [`low_res${n}`, goldenTensor(golden, `in/low_res${n}`)]));
      const { gradients, rest } = valueAndGradients((low) => {
        const full = geometries.map(({ place }, n) => mapsOnFrame(low[`low_res${n}`]!, place));
        const value = full.map((map, n) => sum(mul(map, goldenTensor(golden, `in/cot${n}`)))).reduce((total, term): Tensor => add(total, term));
        return { value, rest: Object.fromEntries(full.map((map, n) => [`full${n}`, map])) };
      }, lows);
      for (const [name, map] of Object.entries(rest)) golden.report.compare(name, map.dataSync(), golden.tensor(`out/${name}`));
      for (const [name, gradient] of Object.entries(gradients)) golden.report.compare(`grad/${name}`, gradient.dataSync(), golden.tensor(`grad/${name}`));
    });
  },
};

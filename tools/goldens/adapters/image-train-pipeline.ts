import { Random, type FloatTransform, type GeometryStep, type GeometryTransform, type NormalizeTransform } from '@reidkit/core-tensor';
import { eraseWith, NORMALIZATIONS, SamplePipeline } from '@reidkit/datasets';
import type { GoldenAdapter } from '../adapter.ts';
import { channelsFirst, channelsLast, pictureOf } from '../image-case.ts';

export const adapter: GoldenAdapter = {
  family: 'image-train-pipeline',
  run(golden) {
    const { target, flip, pad, offset, erase, stats } = golden.json.config;
    const [height, width] = target as [number, number];
    const [top, left] = offset as [number, number];
    const [eraseTop, eraseLeft, eraseHeight, eraseWidth] = erase as [number, number, number, number];
    const steps: readonly GeometryStep[] = [
      { step: 'resize', width, height, filter: 'bicubic' },
      ...(flip ? [{ step: 'flip' } as const] : []),
      { step: 'window', left: left - pad, top: top - pad, width, height, fill: [0, 0, 0] },
    ];
    const geometry: GeometryTransform = { stage: 'geometry', plan: () => steps };
    const normalize: NormalizeTransform = { stage: 'normalize', scale: 1, ...NORMALIZATIONS[stats as keyof typeof NORMALIZATIONS] };
    const noise = Float32Array.from(channelsLast(golden.tensor('in/erase_noise')));
    const erasing: FloatTransform = {
      stage: 'float',
      apply: (image) => eraseWith(image, { top: eraseTop, left: eraseLeft, height: eraseHeight, width: eraseWidth }, noise),
    };
    const out = new Float32Array(height * width * 3);
    new SamplePipeline([geometry, normalize, erasing]).run({ image: pictureOf(golden.tensor('in/image')) }, Random.seed(1), out);
    golden.report.compare('result', channelsFirst(out), golden.tensor('out/result'));
  },
};

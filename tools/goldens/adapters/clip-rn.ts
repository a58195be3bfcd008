import { reshape } from '@reidkit/core-tensor';
import { clipResnet, isBatchCounter } from '@reidkit/encoders';
import type { GoldenAdapter } from '../adapter.ts';
import { compareModel, toPixels } from '../compare-model.ts';

export const adapter: GoldenAdapter = {
  family: 'clip-rn',
  run(golden) {
    const { layers, width, heads, output_dim: projectedWidth, resolution } = golden.json.config;
    const encoder = clipResnet({ imageSize: [resolution, resolution], layers, width, heads, projectedWidth, lastStride: 2 });
    compareModel(golden, {
      model: encoder,
      ignoredWeights: isBatchCounter,
      comparedElsewhere: golden.keys.map((key) => key.slice('out/'.length)).filter(isBatchCounter),
      forward: ({ image }, ctx) => {
        const pixels = toPixels(image!);
        const { projected } = encoder.forward(pixels, ctx).taps;
        return { ...encoder.maps(pixels, ctx), pooled: reshape(projected!, [projected!.shape[0]!, projectedWidth]) };
      },
    });
  },
};

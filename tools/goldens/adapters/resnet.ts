import { reshape, transpose } from '@reidkit/core-tensor';
import { isBatchCounter, resnet } from '@reidkit/encoders';
import type { GoldenAdapter } from '../adapter.ts';
import { compareModel, toPixels } from '../compare-model.ts';

export const adapter: GoldenAdapter = {
  family: 'resnet',
  run(golden) {
    const { block, layers, planes, last_stride: lastStride, ibn, batch, height, width } = golden.json.config;
    const encoder = resnet({ block, layers, planes, lastStride, hasInstanceNorm: ibn, imageSize: [height, width] });
    compareModel(golden, {
      model: encoder,
      ignoredWeights: isBatchCounter,
      forward: ({ image }, ctx) => {
        const { patches, grid } = encoder.forward(toPixels(image!), ctx);
        return { map: reshape(transpose(patches, [0, 2, 1]), [batch, encoder.width, ...grid]) };
      },
    });
  },
};

import { reshape, transpose } from '@reidkit/core-tensor';
import { isBatchCounter, osnet } from '@reidkit/encoders';
import type { GoldenAdapter } from '../adapter.ts';
import { compareModel, toPixels } from '../compare-model.ts';

export const adapter: GoldenAdapter = {
  family: 'osnet',
  run(golden) {
    const { channels, layers, ibn, batch, height, width } = golden.json.config;
    const encoder = osnet({ channels, layers, hasInstanceNorm: ibn, imageSize: [height, width] });
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

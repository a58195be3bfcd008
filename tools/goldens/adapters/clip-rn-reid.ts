import { Module, mean, reshape, slice, transpose, type Tensor } from '@reidkit/core-tensor';
import { clipResnet, isBatchCounter, type ClipResNet } from '@reidkit/encoders';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { compareClipPositions } from '../clip-case.ts';
import { compareModel, toPixels } from '../compare-model.ts';

/** An image encoder in its place in CLIP-ReID's checkpoints. */
class Encoder extends Module {
  readonly image_encoder: ClipResNet;

  constructor({ json }: GoldenCase) {
    super();
    const { grid_h: high, grid_w: wide, layers, width, heads, output_dim: projectedWidth } = json.config;
    this.image_encoder = clipResnet({ imageSize: [16 * high, 16 * wide], layers, width, heads, projectedWidth, lastStride: 1, dense: true });
  }
}

export const adapter: GoldenAdapter = {
  family: 'clip-rn-reid',
  run(golden) {
    const { batch, grid_h: high, grid_w: wide, output_dim: width } = golden.json.config;
    compareClipPositions(golden, 'image_encoder.attnpool.positional_embedding');
    const model = new Encoder(golden);
    const map = (places: Tensor): Tensor => reshape(transpose(places, [0, 2, 1]), [batch, places.shape[2]!, high, wide]);
    compareModel(golden, {
      model,
      ignoredWeights: isBatchCounter,
      comparedElsewhere: ['resized_positional_embedding'],
      forward: ({ image }, ctx) => {
        const { patches, taps } = model.image_encoder.forward(toPixels(image!), ctx);
        const { beforeLast, projected } = taps as Record<string, Tensor>;
        return {
          layer3: map(beforeLast!),
          layer4: map(patches),
          attnpool_tokens_first: transpose(projected!, [1, 0, 2]),
          feature_last: mean(beforeLast!, 1),
          feature: mean(patches, 1),
          feature_proj: reshape(slice(projected!, [0, 0, 0], [batch, 1, width]), [batch, width]),
        };
      },
    });
  },
};

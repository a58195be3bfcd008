import { reshape, slice, type Parameter, type Tensor } from '@reidkit/core-tensor';
import { Module } from '@reidkit/core-tensor';
import { clipVision, type ClipVisionTransformer } from '@reidkit/encoders';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { clipVisionOptionsOf, compareClipPositions } from '../clip-case.ts';
import { compareModel, toPixels } from '../compare-model.ts';

/** An image encoder with its camera vectors beside it, as CLIP-ReID's checkpoints have them. */
class Encoder extends Module {
  readonly image_encoder: ClipVisionTransformer;
  readonly cv_embed: Parameter | undefined;

  constructor(golden: GoldenCase) {
    super();
    const { cameras, views = 0, sie_coe: sideFactor } = golden.json.config;
    this.image_encoder = clipVision({ ...clipVisionOptionsOf(golden), cameras, views, sideFactor });
    this.cv_embed = this.image_encoder.giveSideTable();
  }
}

/** First token of each image: `[B, T, D] → [B, D]`. */
const first = (tokens: Tensor): Tensor => {
  const [batch, , width] = tokens.shape as [number, number, number];
  return reshape(slice(tokens, [0, 0, 0], [batch, 1, width]), [batch, width]);
};

export const adapter: GoldenAdapter = {
  family: 'clip-vision-reid',
  run(golden) {
    compareClipPositions(golden, 'image_encoder.positional_embedding');
    const model = new Encoder(golden);
    compareModel(golden, {
      model,
      comparedElsewhere: ['resized_positional_embedding'],
      forward: ({ image, cam, view }, ctx) => {
        const facts = { ...(cam ? { cameras: cam } : {}), ...(view ? { views: view } : {}) };
        const { taps } = model.image_encoder.forward(toPixels(image!), ctx, facts);
        return {
          tokens_before_last_block: taps.beforeLast!,
          tokens_ln_post: taps.postNorm!,
          projected_tokens: taps.projected!,
          feature_last: first(taps.beforeLast!),
          feature: first(taps.postNorm!),
          feature_proj: first(taps.projected!),
        };
      },
    });
  },
};

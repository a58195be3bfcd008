import { reshape, slice } from '@reidkit/core-tensor';
import { clipVision } from '@reidkit/encoders';
import type { GoldenAdapter } from '../adapter.ts';
import { clipVisionOptionsOf } from '../clip-case.ts';
import { compareModel, toPixels } from '../compare-model.ts';

export const adapter: GoldenAdapter = {
  family: 'clip-vision',
  run(golden) {
    const { batch, output_dim: width } = golden.json.config;
    const encoder = clipVision(clipVisionOptionsOf(golden));
    compareModel(golden, {
      model: encoder,
      forward: ({ image }, ctx) => {
        const { taps } = encoder.forward(toPixels(image!), ctx);
        return {
          tokens_ln_pre: taps.beforeFirst!,
          tokens_before_last_block: taps.beforeLast!,
          tokens_last_block: taps.last!,
          tokens_ln_post: taps.postNorm!,
          projected_tokens: taps.projected!,
          projected_cls: reshape(slice(taps.projected!, [0, 0, 0], [batch, 1, width]), [batch, width]),
        };
      },
    });
  },
};

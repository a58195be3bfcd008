import { vit } from '@reidkit/encoders';
import type { GoldenAdapter } from '../adapter.ts';
import { compareModel, toPixels } from '../compare-model.ts';
import { comparePositions } from '../compare-positions.ts';
import { vitOptionsOf } from '../vit-case.ts';

export const adapter: GoldenAdapter = {
  family: 'vit-transreid',
  run(golden) {
    const { grid_h: high, grid_w: wide, checkpoint_grid: from, cameras, views, ...options } = golden.json.config;
    comparePositions(golden, { prefix: 1, from: [from, from], to: [high, wide] });
    const encoder = vit({
      ...vitOptionsOf(golden),
      cameras,
      views,
      sideFactor: options.sie_coe,
      hasQkvBias: options.qkv_bias,
      attentionScale: options.qk_scale ?? undefined,
    });
    compareModel(golden, {
      model: encoder,
      comparedElsewhere: ['resized_pos_embed'],
      forward: ({ image, cam, view }, ctx) => {
        const { cls, taps } = encoder.forward(toPixels(image!), ctx, { ...(cam ? { cameras: cam } : {}), ...(view ? { views: view } : {}) });
        return { cls: cls!, tokens_before_last_block: taps.beforeLast!, tokens_last_block: taps.last! };
      },
    });
  },
};

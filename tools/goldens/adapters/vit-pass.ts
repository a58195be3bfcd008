import { reshape, slice } from '@reidkit/core-tensor';
import { vit } from '@reidkit/encoders';
import type { GoldenAdapter } from '../adapter.ts';
import { compareModel, toPixels } from '../compare-model.ts';
import { comparePositions } from '../compare-positions.ts';
import { vitOptionsOf } from '../vit-case.ts';

const PARTS = 3;

export const adapter: GoldenAdapter = {
  family: 'vit-pass',
  run(golden) {
    const { batch, width, grid_h: high, grid_w: wide, checkpoint_w: from, checkpoint_hw_ratio: ratio, layer_norm_eps: epsilon } = golden.json.config;
    comparePositions(golden, { prefix: 0, from: [ratio * from, from], to: [high, wide] });
    const encoder = vit({ ...vitOptionsOf(golden), parts: PARTS, epsilon });
    compareModel(golden, {
      model: encoder,
      comparedElsewhere: ['resized_pos_embed'],
      forward: ({ image }, ctx) => {
        const { cls, patches, extra, taps } = encoder.forward(toPixels(image!), ctx);
        const parts = Array.from({ length: PARTS }, (_, i) => [
          `part${i + 1}`,
          reshape(slice(extra.parts!, [0, i, 0], [batch, 1, width]), [batch, width]),
        ]);
        return {
          ...Object.fromEntries(parts),
          cls: cls!,
          patches,
          tokens_before_last_block: taps.beforeLast!,
          tokens_last_block: taps.last!,
        };
      },
    });
  },
};

import { vitJigsaw } from '@reidkit/encoders';
import type { GoldenAdapter } from '../adapter.ts';
import { compareModel, toPixels } from '../compare-model.ts';

export const adapter: GoldenAdapter = {
  family: 'vit-jigsaw',
  run(golden) {
    const { grid_h: high, grid_w: wide, patch, width, heads, hidden, layers, parts, rearrange, shift, shuffles } = golden.json.config;
    const sizes = { imageSize: [high * patch, wide * patch] as [number, number], patch, width, heads, depth: layers, mlpRatio: hidden / width };
    const model = vitJigsaw({ vit: sizes, parts, isRearranged: rearrange, shift, shuffles });
    compareModel(golden, {
      model,
      forward: ({ image }, ctx) => {
        const { cls, patches, extra, taps } = model.forward(toPixels(image!), ctx);
        return { cls: cls!, patches, parts: extra.parts!, tokens_before_last_block: taps.beforeLast! };
      },
    });
  },
};

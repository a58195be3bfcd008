import { vit } from '@reidkit/encoders';
import type { GoldenAdapter } from '../adapter.ts';
import { compareModel, toPixels } from '../compare-model.ts';
import { comparePositions } from '../compare-positions.ts';
import { vitOptionsOf } from '../vit-case.ts';

export const adapter: GoldenAdapter = {
  family: 'vit-albef',
  run(golden) {
    const { grid, checkpoint_grid: from } = golden.json.config;
    comparePositions(golden, { prefix: 1, from: [from, from], to: [grid, grid], method: 'bicubic' });
    const encoder = vit({ ...vitOptionsOf(golden), positionResize: 'bicubic' });
    compareModel(golden, {
      model: encoder,
      comparedElsewhere: ['resized_pos_embed'],
      forward: ({ image }, ctx) => ({ tokens: encoder.forward(toPixels(image!), ctx).taps.postNorm! }),
    });
  },
};

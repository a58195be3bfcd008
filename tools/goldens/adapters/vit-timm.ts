import { classifier, vit } from '@reidkit/encoders';
import type { GoldenAdapter } from '../adapter.ts';
import { compareModel, toPixels } from '../compare-model.ts';
import { vitOptionsOf } from '../vit-case.ts';

export const adapter: GoldenAdapter = {
  family: 'vit-timm',
  run(golden) {
    const { classes, width } = golden.json.config;
    const encoder = vit(vitOptionsOf(golden));
    const head = classifier({ width, classes }, { hasBias: true });
    // timm keeps the classifier beside the encoder's own names.
    const model = Object.assign(encoder, { head });
    compareModel(golden, {
      model,
      forward: ({ image }, ctx) => {
        const { cls, taps } = encoder.forward(toPixels(image!), ctx);
        return { tokens: taps.postNorm!, logits: head.forward(cls!, ctx) };
      },
    });
  },
};

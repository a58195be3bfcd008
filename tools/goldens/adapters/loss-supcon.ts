import { supervisedContrastiveLoss } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

export const adapter: GoldenAdapter = {
  family: 'loss-supcon',
  run: (golden) =>
    compareLoss(golden, ({ image, text, image_labels: imageLabels, text_labels: textLabels }) => {
      const images = { features: image!, labels: imageLabels! };
      const texts = { features: text!, labels: textLabels! };
      return {
        loss: supervisedContrastiveLoss(images, texts),
        scalars: {
          i2t: supervisedContrastiveLoss(images, texts, { direction: 'image-to-text' }),
          t2i: supervisedContrastiveLoss(images, texts, { direction: 'text-to-image' }),
        },
      };
    }),
};

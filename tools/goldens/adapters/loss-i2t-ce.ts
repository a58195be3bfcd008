import { imageToTextLoss } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

const SMOOTHING = 0.1;

export const adapter: GoldenAdapter = {
  family: 'loss-i2t-ce',
  run: (golden) =>
    compareLoss(golden, ({ image, text, labels }) => ({
      loss: imageToTextLoss(image!, text!, labels!, { smoothing: SMOOTHING }),
      scalars: {
        cosine: imageToTextLoss(image!, text!, labels!, { smoothing: SMOOTHING, normalize: true, temperature: golden.json.config.tau }),
      },
    })),
};

import { add, mean, mul, reshape, slice, square, transpose, type Tensor } from '@reidkit/core-tensor';
import { maskedPooling, prototypeLogits, prototypeMasks } from '@reidkit/encoders';
import { partSegmentationLoss } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

export const adapter: GoldenAdapter = {
  family: 'rganet-regions',
  run(golden) {
    const { B, H, W, D, N, gamma, include_background: background } = golden.json.config;
    compareLoss(golden, ({ feature_map: features, gt, prototypes }) => {
      const map = transpose(reshape(features!, [B, D, H * W]), [0, 2, 1]);
      const masks = prototypeMasks(map, prototypes!, { gamma });
      const { parts } = maskedPooling(map, slice(masks, [0, 1, 0], [B, N, H * W]), 1e-12);
      const segmentation: Tensor = partSegmentationLoss(prototypeLogits(map, prototypes!, { gamma }), reshape(gt!, [B, H * W]), { background });
      return {
        loss: add(segmentation, mul(mean(square(parts)), 0.1)),
        outputs: { masks: reshape(masks, [B, N + 1, H, W]), regions: parts },
        scalars: { seg: segmentation },
      };
    });
  },
};

import { cast } from '@reidkit/core-tensor';
import { imageToTextLoss, movedPrototypes } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

export const adapter: GoldenAdapter = {
  family: 'loss-muva-pcl',
  run(golden) {
    const { temp: temperature, momentum, hard_update: isHard } = golden.json.config;
    compareLoss(golden, ({ features, labels: ids, memory }) => {
      const labels = cast(ids!, 'int32');
      return {
        loss: imageToTextLoss(features!, memory!, labels, { normalize: true, temperature }),
        outputs: { memory_after: movedPrototypes(memory!, features!, labels, { update: isHard ? 'hardest' : 'all', momentum, renormalise: true }) },
      };
    });
  },
};

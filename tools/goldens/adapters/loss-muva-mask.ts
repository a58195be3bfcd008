import { add, cast, transpose } from '@reidkit/core-tensor';
import { maskCrossEntropyLoss, maskOverlapLoss } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

export const adapter: GoldenAdapter = {
  family: 'loss-muva-mask',
  run: (golden) =>
    compareLoss(golden, ({ logits: layersFirst, visible }) => {
      const logits = transpose(layersFirst!, [1, 0, 2, 3]);
      const inside = cast(visible!, 'float32');
      const [bce, dice] = [maskCrossEntropyLoss(logits, inside), maskOverlapLoss(logits, inside)];
      return { loss: add(bce, dice), scalars: { bce, dice } };
    }),
};

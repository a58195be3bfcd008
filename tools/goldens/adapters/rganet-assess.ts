import { matMul, reshape, slice, stack, trainingContext, withParameters } from '@reidkit/core-tensor';
import { openAbove, PartConfidence, PrototypeMemory } from '@reidkit/encoders';
import { partCrossEntropies, partIdentityLoss } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

const nothing = (): never => {
  throw new Error('nothing is drawn here');
};

export const adapter: GoldenAdapter = {
  family: 'rganet-assess',
  run(golden) {
    const { B, N, D, C, momentum, gate } = golden.json.config;
    compareLoss(golden, ({ regions, labels, memory: held, wa, wb }) => {
      const ctx = trainingContext({ draws: { uniform: nothing, normal: nothing } });
      const confidence = new PartConfidence({ width: D });
      const memory = new PrototypeMemory({ count: N, width: D, momentum });
      return withParameters(memory, { centres: held! }, () =>
        withParameters(confidence, { weight: reshape(wa!, [1, D]) }, () => {
          const { alpha, beta, softmax: weight } = confidence.forward(regions!, memory.read(), ctx);
          const logits = stack(
            Array.from({ length: N }, (_, part) => matMul(reshape(slice(regions!, [0, part, 0], [B, 1, D]), [B, D]), reshape(slice(wb!, [part, 0, 0], [1, C, D]), [C, D]), false, true)),
            1,
          );
          const parts = { logits, labels: labels!, weight };
          const open = openAbove(alpha, gate);
          return {
            loss: partIdentityLoss(parts),
            outputs: {
              alpha,
              beta,
              weights: weight,
              region_ce: partCrossEntropies(parts),
              memory_after: memory.update(regions!, open, ctx),
              updated: open.max(0),
            },
          };
        }),
      );
    });
  },
};

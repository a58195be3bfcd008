import { add, cast, greater, mean, mul, sub } from '@reidkit/core-tensor';
import { adaptiveReferences, adaptiveTripletLoss } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

/** The loss as released: root distances, a weak pair term, other identities always pushed away. */
export const RELEASED_TRIPLET = { distance: 'euclid', pairWeight: 0.1, clampBeta: false, nearest: 'always', withSelf: true } as const;

export const adapter: GoldenAdapter = {
  family: 'loss-irm-adaptive-triplet',
  run(golden) {
    const { margin, normalize } = golden.json.config;
    const options = { ...RELEASED_TRIPLET, margin, normalize };
    compareLoss(golden, ({ features, labels, instructions }) => {
      const { farthest, second, nearest } = adaptiveReferences(features!, labels!, instructions!, options);
      const wanted = add(farthest.distance, mul(sub(farthest.beta, 1), margin));
      return {
        loss: adaptiveTripletLoss(features!, labels!, instructions!, options),
        scalars: { prec: mean(cast(greater(nearest.distance, wanted), 'float32')) },
        outputs: {
          p1_inds: farthest.index,
          p2_inds: second.index,
          n_inds: nearest.index,
          dist_p1: farthest.distance,
          dist_p2: second.distance,
          dist_n: nearest.distance,
        },
      };
    });
  },
};

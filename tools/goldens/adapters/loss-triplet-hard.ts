import { mul } from '@reidkit/core-tensor';
import { hardPairs, tripletLoss } from '@reidkit/losses';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

/** CLIP-ReID's batch-hard triplet loss with the pairs that it mines; a margin of null is the soft margin. */
export function compareHardTriplet(golden: GoldenCase): void {
  const { margin, normalize, hard_factor: hardFactor } = golden.json.config;
  compareLoss(golden, ({ features, labels }) => {
    const { positive, negative } = hardPairs(features!, labels!, { normalize });
    return {
      loss: tripletLoss(features!, labels!, { margin, normalize, hardFactor }),
      outputs: {
        dist_ap: mul(positive.value, 1 + hardFactor),
        dist_an: mul(negative.value, 1 - hardFactor),
        p_inds: positive.index,
        n_inds: negative.index,
      },
    };
  });
}

export const adapter: GoldenAdapter = { family: 'loss-triplet-hard', run: compareHardTriplet };

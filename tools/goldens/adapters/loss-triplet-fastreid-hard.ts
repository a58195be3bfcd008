import { tripletLoss, type TripletOptions } from '@reidkit/losses';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

/** fast-reid's triplet loss: `normalize` means the distance 2 - 2 cos, a margin of 0 the soft margin. */
export function compareFastreidTriplet(golden: GoldenCase, mining: NonNullable<TripletOptions['mining']>): void {
  const { margin, normalize } = golden.json.config;
  const options: TripletOptions = { mining, margin: margin > 0 ? margin : null, distance: normalize ? 'cosine' : 'euclid' };
  compareLoss(golden, ({ features, labels }) => ({ loss: tripletLoss(features!, labels!, options) }));
}

export const adapter: GoldenAdapter = { family: 'loss-triplet-fastreid-hard', run: (golden) => compareFastreidTriplet(golden, 'hard') };

import type { GoldenAdapter } from '../adapter.ts';
import { compareFastreidTriplet } from './loss-triplet-fastreid-hard.ts';

export const adapter: GoldenAdapter = {
  family: 'loss-triplet-weighted',
  run: (golden) => compareFastreidTriplet(golden, 'weighted-fastreid'),
};

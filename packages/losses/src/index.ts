export { lossesPlugin } from './plugin.ts';
export { crossEntropyLoss, crossEntropyRows, type CrossEntropyOptions } from './cross-entropy.ts';
export { tripletLoss, type TripletOptions } from './triplet.ts';
export { hardPairs, weightedPairs, type HardPairs, type TripletDistance, type WeightedPairs } from './triplet-pairs.ts';
export { cosineDistances, euclidDistances, squaredDistances } from './pair-distances.ts';
export { pairMasks, rowsInUse, type PairMasks } from './pair-masks.ts';
export { pickLargest, pickSmallest, type PickedPairs } from './pick-pairs.ts';
export { meanOver } from './mean-over.ts';

export { lossesPlugin } from './plugin.ts';
export { boxLoss } from './box.ts';
export { boxCentres, boxCorners, boxOverlapLoss, boxOverlaps, smoothL1, type BoxOverlap } from './box-losses.ts';
export { crossEntropyLoss, crossEntropyRows, type CrossEntropyOptions } from './cross-entropy.ts';
export {
  adaptiveReferences,
  adaptiveTripletLoss,
  type AdaptiveReference,
  type AdaptiveReferences,
  type AdaptiveTripletOptions,
} from './adaptive-triplet.ts';
export { identityContrastLoss, rememberedContrastLoss, type FeatureMemory, type RememberedBatch } from './identity-contrast.ts';
export { drawColumns, drawNegatives, matchLabels, rowsAt, type DrawnNegatives, type NegativeWeights } from './pair-matching.ts';
export { maskWords, replacedWords, type ChangedWords, type SpecialWords, type WordChange, type WordDraws } from './change-words.ts';
export { tripletLoss, type TripletOptions } from './triplet.ts';
export { hardPairs, weightedPairs, type HardPairs, type TripletDistance, type WeightedPairs } from './triplet-pairs.ts';
export { cosineDistances, euclidDistances, squaredDistances } from './pair-distances.ts';
export { pairMasks, rowsInUse, type PairMasks } from './pair-masks.ts';
export { pickLargest, pickSmallest, type PickedPairs } from './pick-pairs.ts';
export { meanOver } from './mean-over.ts';
export { supervisedContrastiveLoss, type LabelledFeatures } from './supervised-contrastive.ts';
export { imageToTextLoss, type ImageToTextOptions } from './image-to-text.ts';
export { imageTextPairsLoss } from './image-text-pairs.ts';
export { projectionMatchingLoss, similarityDistributionLoss, type SimilarityDistributionOptions } from './distribution-matching.ts';
export { imageTextMasks, type ImageTextBatch, type ImageTextMasks } from './image-text-batch.ts';
export { CenterLoss, centerLoss } from './center.ts';
export { focalLoss, focalRows, type FocalOptions } from './focal.ts';
export { arcfaceLogits, circleLogits, circleTerms, cosfaceLogits, type CosineMargin } from './cosine-margins.ts';
export { marginCrossEntropy, type MarginOf } from './margin-cross-entropy.ts';
export { pairwiseLoss, type PairwiseOptions } from './pairwise-margin.ts';
export { maskedWordsLoss, type MaskedWordsOptions } from './masked-words.ts';
export { rowProducts, type RowProductOptions } from './row-products.ts';
export { partCrossEntropies, partIdentityLoss, type PartIdentities } from './part-identity.ts';
export { partLabels } from './part-labels.ts';
export { partTripletLoss, type PartTripletOptions } from './part-triplet.ts';
export { partSegmentationLoss } from './part-segmentation.ts';
export { maskCrossEntropyLoss, maskDifferenceLoss, maskOverlapLoss, type MaskLossOptions, type MaskOverlapOptions } from './part-masks.ts';
export { movedPrototypes, PrototypeContrast, type PrototypeUpdate } from './prototype-contrast.ts';
export { meanOfMasks, segmentationCrossEntropy, segmentationDice, segmentationFocal, segmentationWeighted } from './segmentation-masks.ts';
export { distanceWeights, stateDistances, stateRankingLoss, type RankedStates } from './state-ranking.ts';

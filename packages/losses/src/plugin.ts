import { SPEC_VERSION, definePlugin } from '@reidkit/core-tensor';
import { adaptiveTripletComponent } from './adaptive-triplet.ts';
import { boxComponent } from './box.ts';
import { centerComponent } from './center.ts';
import { crossEntropyComponent } from './cross-entropy.ts';
import { projectionMatchingComponent, similarityDistributionComponent } from './distribution-matching.ts';
import { focalComponent } from './focal.ts';
import { identityContrastComponent } from './identity-contrast.ts';
import { imageTextPairsComponent } from './image-text-pairs.ts';
import { imageToTextComponent } from './image-to-text.ts';
import { arcfaceComponent, circleComponent, cosfaceComponent } from './margin-cross-entropy.ts';
import { maskCrossEntropyComponent, maskDifferenceComponent, maskOverlapComponent } from './part-masks.ts';
import { maskedWordsComponent } from './masked-words.ts';
import { partIdentityComponent } from './part-identity.ts';
import { partSegmentationComponent } from './part-segmentation.ts';
import { partTripletComponent } from './part-triplet.ts';
import { pairMatchingComponent } from './pair-matching.ts';
import { pairwiseCircleComponent, pairwiseCosfaceComponent } from './pairwise-margin.ts';
import { prototypeContrastComponent } from './prototype-contrast.ts';
import {
  segmentationCrossEntropyComponent,
  segmentationDiceComponent,
  segmentationFocalComponent,
  segmentationWeightedComponent,
} from './segmentation-masks.ts';
import { stateRankingComponent } from './state-ranking.ts';
import { supervisedContrastiveComponent } from './supervised-contrastive.ts';
import { tripletComponent } from './triplet.ts';
import { watchComponent } from './watch.ts';
import { version } from './version.ts';

/** What this package offers: losses. */
export const lossesPlugin = definePlugin({
  name: '@reidkit/losses',
  version,
  specVersion: SPEC_VERSION,
  components: {
    'loss/adaptive-triplet': adaptiveTripletComponent,
    'loss/arcface': arcfaceComponent,
    'loss/box': boxComponent,
    'loss/center': centerComponent,
    'loss/circle': circleComponent,
    'loss/cosface': cosfaceComponent,
    'loss/cross-entropy': crossEntropyComponent,
    'loss/focal': focalComponent,
    'loss/identity-contrast': identityContrastComponent,
    'loss/image-text-pairs': imageTextPairsComponent,
    'loss/image-to-text': imageToTextComponent,
    'loss/mask-cross-entropy': maskCrossEntropyComponent,
    'loss/mask-difference': maskDifferenceComponent,
    'loss/mask-overlap': maskOverlapComponent,
    'loss/masked-words': maskedWordsComponent,
    'loss/pair-matching': pairMatchingComponent,
    'loss/pairwise-circle': pairwiseCircleComponent,
    'loss/pairwise-cosface': pairwiseCosfaceComponent,
    'loss/part-identity': partIdentityComponent,
    'loss/part-segmentation': partSegmentationComponent,
    'loss/part-triplet': partTripletComponent,
    'loss/projection-matching': projectionMatchingComponent,
    'loss/prototype-contrast': prototypeContrastComponent,
    'loss/segmentation-cross-entropy': segmentationCrossEntropyComponent,
    'loss/segmentation-dice': segmentationDiceComponent,
    'loss/segmentation-focal': segmentationFocalComponent,
    'loss/segmentation-weighted': segmentationWeightedComponent,
    'loss/similarity-distribution': similarityDistributionComponent,
    'loss/state-ranking': stateRankingComponent,
    'loss/supervised-contrastive': supervisedContrastiveComponent,
    'loss/triplet': tripletComponent,
    'loss/watch': watchComponent,
  },
});

import { SPEC_VERSION, definePlugin } from '@reidkit/core-tensor';
import { centerComponent } from './center.ts';
import { crossEntropyComponent } from './cross-entropy.ts';
import { projectionMatchingComponent, similarityDistributionComponent } from './distribution-matching.ts';
import { focalComponent } from './focal.ts';
import { imageTextPairsComponent } from './image-text-pairs.ts';
import { imageToTextComponent } from './image-to-text.ts';
import { arcfaceComponent, circleComponent, cosfaceComponent } from './margin-cross-entropy.ts';
import { maskCrossEntropyComponent, maskDifferenceComponent, maskOverlapComponent } from './part-masks.ts';
import { maskedWordsComponent } from './masked-words.ts';
import { partIdentityComponent } from './part-identity.ts';
import { partSegmentationComponent } from './part-segmentation.ts';
import { pairwiseCircleComponent, pairwiseCosfaceComponent } from './pairwise-margin.ts';
import { prototypeContrastComponent } from './prototype-contrast.ts';
import { supervisedContrastiveComponent } from './supervised-contrastive.ts';
import { tripletComponent } from './triplet.ts';
import { version } from './version.ts';

/** What this package offers: losses. */
export const lossesPlugin = definePlugin({
  name: '@reidkit/losses',
  version,
  specVersion: SPEC_VERSION,
  components: {
    'loss/arcface': arcfaceComponent,
    'loss/center': centerComponent,
    'loss/circle': circleComponent,
    'loss/cosface': cosfaceComponent,
    'loss/cross-entropy': crossEntropyComponent,
    'loss/focal': focalComponent,
    'loss/image-text-pairs': imageTextPairsComponent,
    'loss/image-to-text': imageToTextComponent,
    'loss/mask-cross-entropy': maskCrossEntropyComponent,
    'loss/mask-difference': maskDifferenceComponent,
    'loss/mask-overlap': maskOverlapComponent,
    'loss/masked-words': maskedWordsComponent,
    'loss/pairwise-circle': pairwiseCircleComponent,
    'loss/pairwise-cosface': pairwiseCosfaceComponent,
    'loss/part-identity': partIdentityComponent,
    'loss/part-segmentation': partSegmentationComponent,
    'loss/projection-matching': projectionMatchingComponent,
    'loss/prototype-contrast': prototypeContrastComponent,
    'loss/similarity-distribution': similarityDistributionComponent,
    'loss/supervised-contrastive': supervisedContrastiveComponent,
    'loss/triplet': tripletComponent,
  },
});

import { definePlugin, SPEC_VERSION } from '@reidkit/core-tensor';
import { clipParts } from './annotators/clip-parts.ts';
import { centroids } from './prepare/centroids.ts';
import { features } from './prepare/features.ts';
import { identities } from './prepare/identities.ts';
import { meanOutput } from './prepare/mean.ts';
import { output } from './prepare/output.ts';
import { partShares } from './prepare/part-shares.ts';
import { version } from './version.ts';

/** What this package offers: preparations before a stage, and an annotator that runs a model. */
export const trainerPlugin = definePlugin({
  name: '@reidkit/trainer',
  version,
  specVersion: SPEC_VERSION,
  components: {
    'annotator/clip-parts': clipParts,
    'prepare/centroids': centroids,
    'prepare/features': features,
    'prepare/identities': identities,
    'prepare/mean': meanOutput,
    'prepare/output': output,
    'prepare/part-shares': partShares,
  },
});

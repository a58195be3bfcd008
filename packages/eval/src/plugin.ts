import { SPEC_VERSION, definePlugin } from '@reidkit/core-tensor/base';
import { clothesChangingComponent, sameClothesComponent } from './clothes-changing.ts';
import { cosineScorerComponent } from './cosine-scorer.ts';
import { llcmComponent, sysuMm01Component } from './cross-modality.ts';
import { cuhk03SingleShotComponent } from './cuhk03-single-shot.ts';
import { euclidScorerComponent } from './euclid-scorer.ts';
import { hammingScorerComponent } from './hamming-scorer.ts';
import { irmProtocolComponent } from './irm.ts';
import { l1ScorerComponent } from './l1-scorer.ts';
import { market1501Component } from './market1501.ts';
import { openSetComponent } from './open-set.ts';
import { partWeightedScorerComponent } from './part-weighted-scorer.ts';
import { kReciprocalComponent } from './rerank/k-reciprocal.ts';
import { queryExpansionComponent } from './rerank/query-expansion.ts';
import { pairRescoringComponent } from './rerank/rescored.ts';
import { personSearchComponent } from './search/person-search.ts';
import { occludedComponent, regdbComponent, textToImageComponent } from './unfiltered.ts';
import { verificationComponent } from './verification.ts';
import { version } from './version.ts';

/** What this package offers: scorers, protocols, and what is done to rankings before they are judged. */
export const evalPlugin = definePlugin({
  name: '@reidkit/eval',
  version,
  specVersion: SPEC_VERSION,
  components: {
    'protocol/clothes-changing': clothesChangingComponent,
    'protocol/cuhk03-single-shot': cuhk03SingleShotComponent,
    'protocol/irm': irmProtocolComponent,
    'protocol/llcm': llcmComponent,
    'protocol/market1501': market1501Component,
    'protocol/occluded': occludedComponent,
    'protocol/open-set': openSetComponent,
    'protocol/person-search': personSearchComponent,
    'protocol/regdb': regdbComponent,
    'protocol/same-clothes': sameClothesComponent,
    'protocol/sysu-mm01': sysuMm01Component,
    'protocol/text-to-image': textToImageComponent,
    'protocol/verification': verificationComponent,
    'rerank/k-reciprocal': kReciprocalComponent,
    'rerank/pair-scorer': pairRescoringComponent,
    'rerank/query-expansion': queryExpansionComponent,
    'scorer/cosine': cosineScorerComponent,
    'scorer/euclid': euclidScorerComponent,
    'scorer/hamming': hammingScorerComponent,
    'scorer/l1': l1ScorerComponent,
    'scorer/part-weighted': partWeightedScorerComponent,
  },
});

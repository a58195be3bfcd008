import { SPEC_VERSION, definePlugin } from '@reidkit/core-tensor/base';
import { cosineScorerComponent } from './cosine-scorer.ts';
import { euclidScorerComponent } from './euclid-scorer.ts';
import { hammingScorerComponent } from './hamming-scorer.ts';
import { l1ScorerComponent } from './l1-scorer.ts';
import { market1501Component } from './market1501.ts';
import { version } from './version.ts';

/** What this package offers: scorers and protocols. */
export const evalPlugin = definePlugin({
  name: '@reidkit/eval',
  version,
  specVersion: SPEC_VERSION,
  components: {
    'protocol/market1501': market1501Component,
    'scorer/cosine': cosineScorerComponent,
    'scorer/euclid': euclidScorerComponent,
    'scorer/hamming': hammingScorerComponent,
    'scorer/l1': l1ScorerComponent,
  },
});

import { SPEC_VERSION, definePlugin } from '@reidkit/core-tensor';
import { crossEntropyComponent } from './cross-entropy.ts';
import { tripletComponent } from './triplet.ts';
import { version } from './version.ts';

/** What this package offers: losses. */
export const lossesPlugin = definePlugin({
  name: '@reidkit/losses',
  version,
  specVersion: SPEC_VERSION,
  components: {
    'loss/cross-entropy': crossEntropyComponent,
    'loss/triplet': tripletComponent,
  },
});

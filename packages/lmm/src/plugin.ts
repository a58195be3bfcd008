import { SPEC_VERSION, definePlugin } from '@reidkit/core-tensor';
import { version } from './version.ts';

/** What this package offers to recipes by name. */
export const lmmPlugin = definePlugin({
  name: '@reidkit/lmm',
  version,
  specVersion: SPEC_VERSION,
  components: {},
});

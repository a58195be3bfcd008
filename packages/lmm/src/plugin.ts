import { SPEC_VERSION, definePlugin } from '@reidkit/core-tensor';
import { tokenRowsComponent } from './tokens/token-rows.ts';
import { version } from './version.ts';

/** What this package offers to recipes by name. */
export const lmmPlugin = definePlugin({
  name: '@reidkit/lmm',
  version,
  specVersion: SPEC_VERSION,
  components: {
    'adapter/token-rows': tokenRowsComponent,
  },
});

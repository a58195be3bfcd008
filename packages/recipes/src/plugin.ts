import { SPEC_VERSION, definePlugin } from '@reidkit/core-tensor';
import { baselineModel } from './baseline/model.ts';
import { clipModel } from './clip/model.ts';
import { clipReidModel } from './clip-reid/model.ts';
import { irmModel } from './irm/model.ts';
import { muvaModel } from './muva/model.ts';
import { rganetModel } from './rganet/model.ts';
import { version } from './version.ts';

/** What this package offers: the models of its recipes. */
export const recipesPlugin = definePlugin({
  name: '@reidkit/recipes',
  version,
  specVersion: SPEC_VERSION,
  components: {
    'model/baseline': baselineModel,
    'model/clip': clipModel,
    'model/clip-reid': clipReidModel,
    'model/irm': irmModel,
    'model/muva': muvaModel,
    'model/rganet': rganetModel,
  },
});

import { adam, adamW } from './optim/adam.ts';
import { sgd } from './optim/sgd.ts';
import { definePlugin, SPEC_VERSION } from './registry.ts';
import { constantSchedule, cosineSchedule, linearSchedule, multistepSchedule, polynomialSchedule } from './schedule/schedules.ts';
import { version } from './version.ts';

/** What the core itself offers: optimizers and schedules. */
export const corePlugin = definePlugin({
  name: '@reidkit/core-tensor',
  version,
  specVersion: SPEC_VERSION,
  components: {
    'optimizer/adam': adam,
    'optimizer/adamw': adamW,
    'optimizer/sgd': sgd,
    'schedule/constant': constantSchedule,
    'schedule/cosine': cosineSchedule,
    'schedule/linear': linearSchedule,
    'schedule/multistep': multistepSchedule,
    'schedule/polynomial': polynomialSchedule,
  },
});

import { SPEC_VERSION, definePlugin } from '@reidkit/core-tensor';
import { samDecoderComponent } from './sam-decoder.ts';
import { samEncoderComponent } from './sam-encoder.ts';
import { boxHeadComponent } from './box-head.ts';
import { samMasks } from './sam-masks.ts';
import { stateProjectorComponent } from './state-projector.ts';
import { version } from './version.ts';

/** What this package offers: SAM's encoder and decoder, masks for sidecars, and heads of FusionSegReID. */
export const segmenterPlugin = definePlugin({
  name: '@reidkit/segmenter',
  version,
  specVersion: SPEC_VERSION,
  components: {
    'annotator/sam-masks': samMasks,
    'decoder/sam': samDecoderComponent,
    'encoder/sam': samEncoderComponent,
    'head/box': boxHeadComponent,
    'head/state-projector': stateProjectorComponent,
  },
});

import { SPEC_VERSION, definePlugin } from '@reidkit/core-tensor';
import { samDecoderComponent } from './sam-decoder.ts';
import { samEncoderComponent } from './sam-encoder.ts';
import { version } from './version.ts';

/** What this package offers: SAM's encoder and decoder. */
export const segmenterPlugin = definePlugin({
  name: '@reidkit/segmenter',
  version,
  specVersion: SPEC_VERSION,
  components: {
    'decoder/sam': samDecoderComponent,
    'encoder/sam': samEncoderComponent,
  },
});

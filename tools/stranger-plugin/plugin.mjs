import {
  defineComponent,
  definePlugin,
  linear,
  mean,
  Module,
  parameter,
  ReidError,
  reshape,
  square,
  sub,
  truncatedNormalInit,
} from '@reidkit/core-tensor';
import { z } from 'zod';

/** The mean colour of each of eight stripes, through a linear map. */
class Stripes extends Module {
  imageSize = [64, 32];

  constructor({ width }) {
    super();
    this.width = width;
    this.weight = parameter([width, 3], truncatedNormalInit(0.5));
  }

  forward(images, _ctx, call = {}) {
    const [batch, height, width] = images.shape;
    if (height !== 64 || width !== 32) throw new ReidError('SHAPE_MISMATCH', `Stripes expected [B, 64, 32, 3], got [${images.shape}].`);
    const asked = Object.entries(call).find(([, value]) => value !== undefined);
    if (asked) throw new ReidError('INVALID_ARGUMENT', `Stripes cannot take "${asked[0]}".`);
    const colours = mean(reshape(images, [batch, 8, 8 * 32, 3]), 2);
    return { patches: linear(colours, this.weight.value), grid: [8, 1], extra: {}, taps: {} };
  }
}

export const plugin = definePlugin({
  name: 'reidkit-plugin-stranger',
  version: '1.0.0',
  specVersion: 1,
  components: {
    'encoder/stranger-stripes': defineComponent({
      summary: 'Colours of stripes.',
      options: z.strictObject({ width: z.number().int().positive().default(16).describe('width of the tokens') }),
      build: (options) => new Stripes(options),
    }),
    'loss/stranger-spread': defineComponent({
      summary: 'Keeps descriptors from growing.',
      options: z.strictObject({ target: z.number().default(1).describe('wanted mean square') }),
      build: ({ target }) => ({
        reads: { embeddings: 'outputs.global' },
        compute: ({ embeddings }) => square(sub(mean(square(embeddings)), target)),
      }),
    }),
  },
});

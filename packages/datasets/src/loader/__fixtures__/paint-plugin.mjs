// A stranger's transforms, loaded by name in loader threads.
import { definePlugin, defineComponent } from '@reidkit/core-tensor';
import { z } from 'zod';

const paint = defineComponent({
  summary: 'Sets every byte to one value.',
  options: z.strictObject({ value: z.number().default(7) }),
  build: ({ value }) => ({
    stage: 'picture',
    apply: (sample) => ({ ...sample, image: { ...sample.image, data: new Uint8Array(sample.image.data.length).fill(value) } }),
  }),
});

const fail = defineComponent({
  summary: 'Fails.',
  options: z.strictObject({}),
  build: () => ({
    stage: 'picture',
    apply: () => {
      throw new TypeError('x is not a function');
    },
  }),
});

const quit = defineComponent({
  summary: 'Ends its thread after some images.',
  options: z.strictObject({ after: z.number() }),
  build: ({ after }) => {
    let images = 0;
    return { stage: 'picture', apply: (sample) => (++images > after ? process.exit(3) : sample) };
  },
});

export const plugin = definePlugin({
  name: 'paint',
  version: '1.0.0',
  specVersion: 1,
  components: { 'transform/paint': paint, 'transform/fail': fail, 'transform/quit': quit },
});

import { defineComponent, type Prepare } from '@reidkit/core-tensor';
import { z } from 'zod';

/** `prepare/output`: what a pass of the model gives that reads nothing of a batch. */
export const output = defineComponent({
  summary: 'An output of a pass of the model that reads no batch, such as descriptors of fixed texts, computed once.',
  options: z.strictObject({
    pass: z.string().describe('way through the model; it reads nothing of a batch'),
    output: z.string().describe('name of the output'),
  }),
  build: ({ pass, output: name }): Prepare => ({
    gives: ['value'],
    async run({ infer }) {
      return { value: (await infer(pass, [name], [{}], 1))[name]! };
    },
  }),
});

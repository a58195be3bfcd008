import { defineComponent, hostTensor, type Prepare, sizeOf } from '@reidkit/core-tensor';
import { z } from 'zod';

/** `prepare/mean`: the mean of an output of the model over all records of the stage's stream. */
export const meanOutput = defineComponent({
  summary: 'The mean of an output of the model over all training images, without augmentation: `[…]` as the output without its batch.',
  options: z.strictObject({
    pass: z.string().default('images').describe('way through the model'),
    output: z.string().describe('name of the output'),
    batchSize: z.number().int().min(1).max(4096).default(64).describe('images'),
  }),
  build: ({ pass, output, batchSize }): Prepare => ({
    gives: ['value'],
    async run({ infer, records, labels }) {
      const rows = (await infer(pass, [output], records(batchSize), Math.ceil(labels.length / batchSize)))[output]!;
      const [count = 0, ...shape] = rows.shape;
      const length = sizeOf(shape);
      const sums = new Float64Array(length);
      rows.data.forEach((value, at) => (sums[at % length]! += value));
      return { value: hostTensor(sums.map((sum) => sum / Math.max(1, count)), shape) }; // prettier-ignore
    },
  }),
});

import { defineComponent, hostTensor, type HostTensors, type Prepare } from '@reidkit/core-tensor';
import { z } from 'zod';

/** Labels 0 … C − 1 in batches; the last one is padded with invalid places. */
function* labelBatches(classes: number, batchSize: number): Generator<HostTensors> {
  for (let from = 0; from < classes; from += batchSize) {
    const labels = Int32Array.from({ length: batchSize }, (_, at) => (from + at < classes ? from + at : 0));
    const valid = Uint8Array.from({ length: batchSize }, (_, at) => (from + at < classes ? 1 : 0));
    yield { labels: hostTensor(labels, [batchSize], 'int32'), valid: hostTensor(valid, [batchSize], 'bool') };
  }
}

/** `prepare/identities`: an output of the model for every training identity, computed once. */
export const identities = defineComponent({
  summary: 'An output of the model for every training identity, computed once from its label: `[identities, D]`.',
  options: z.strictObject({
    pass: z.string().describe('way through the model; it reads the labels of the batch'),
    output: z.string().describe('name of the output'),
    batchSize: z.number().int().min(1).max(4096).default(64).describe('identities'),
  }),
  build: ({ pass, output, batchSize }): Prepare => ({
    gives: ['value'],
    async run({ infer, classes }) {
      const size = Math.min(batchSize, classes);
      const rows = await infer(pass, [output], labelBatches(classes, size), Math.ceil(classes / size));
      return { value: rows[output]! };
    },
  }),
});

import { defineComponent, mean, reshape, slice, stopGradient, type Loss, type Tensor } from '@reidkit/core-tensor';
import { z } from 'zod';

const whole: Loss = { reads: { value: 'outputs.global' }, compute: ({ value }): Tensor => mean(stopGradient(value!)) };

/** The mean of one place of the last axis. */
const column = (at: number): Loss => ({
  reads: whole.reads,
  compute: ({ value }): Tensor => {
    const rows = reshape(stopGradient(value!), [-1, value!.shape.at(-1)!]);
    return mean(slice(rows, [0, at], [rows.shape[0]!, 1]));
  },
});

/** `loss/watch`. */
export const watchComponent = defineComponent({
  summary: 'The mean of an output, without gradient: for the log, with the weight 0.',
  options: z.strictObject({
    perPart: z
      .boolean()
      .default(false)
      .describe('One number for each part of the model, which are the places of the last axis: NAME1, NAME2 and so on.'),
  }),
  build: ({ perPart }): Loss => (perPart ? { ...whole, perPart: (parts) => Array.from({ length: parts }, (_, at) => column(at)) } : whole),
});

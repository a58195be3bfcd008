import { defineComponent, mean, reshape, scalar, slice, stopGradient, type Loss, type Tensor } from '@reidkit/core-tensor';
import { z } from 'zod';

/** `loss/watch`. */
export const watchComponent = defineComponent({
  summary: 'The mean of an output, without gradient: for the log, with the weight 0.',
  options: z.strictObject({
    column: z
      .number()
      .int()
      .min(0)
      .optional()
      .describe('Which place of the last axis, 0 in the log where there is none; all of them by default.'),
  }),
  build: ({ column }): Loss => ({
    reads: { value: 'outputs.global' },
    compute: ({ value }): Tensor => {
      const x = stopGradient(value!);
      if (column === undefined) return mean(x);
      const rows = reshape(x, [-1, x.shape.at(-1)!]);
      const [count, columns] = rows.shape as [number, number];
      return column < columns ? mean(slice(rows, [0, column], [count, 1])) : scalar(0);
    },
  }),
});

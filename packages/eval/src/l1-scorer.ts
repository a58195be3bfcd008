import { defineComponent, type Scorer } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { descriptorMatrix, matchWidths } from './descriptor-matrix.ts';
import { checkFinite, squaredNorms } from './row-norms.ts';

/** Options of `scorer/l1`. */
export const l1ScorerOptions = z.strictObject({
  descriptor: z.string().default('global').describe('Name of the descriptor that is compared.'),
});

function l1(x: Float32Array, y: Float32Array, i: number, j: number, width: number): number {
  let sum = 0;
  for (let k = 0, p = i * width, q = j * width; k < width; k++, p++, q++) sum += Math.abs(x[p]! - y[q]!);
  return sum;
}

/** Sum of absolute differences: for histograms that sum to 1 it is twice the share of pixels that differ, in [0, 2]. No matrix product. */
export function l1Scorer(options: z.input<typeof l1ScorerOptions> = {}): Scorer {
  const { descriptor } = l1ScorerOptions.parse(options);
  return {
    name: 'l1',
    reads: [descriptor],
    prepare(descriptors) {
      const gallery = descriptorMatrix(descriptors, descriptor, 'scorer/l1');
      checkFinite('scorer/l1', squaredNorms(gallery));
      const [count = 0, width = 0] = gallery.shape;
      const distances = async (block: typeof descriptors, out?: Float32Array): Promise<Float32Array> => {
        const queries = descriptorMatrix(block, descriptor, 'scorer/l1');
        matchWidths('scorer/l1', queries, gallery);
        const result = out ?? new Float32Array(block.count * count);
        for (let i = 0, position = 0; i < block.count; i++) {
          for (let j = 0; j < count; j++, position++) result[position] = l1(queries.data, gallery.data, i, j, width);
        }
        return result;
      };
      return { count, distances };
    },
  };
}

/** `scorer/l1`. */
export const l1ScorerComponent = defineComponent({
  summary: 'Sum of absolute differences, for histograms.',
  options: l1ScorerOptions,
  build: (options) => l1Scorer(options),
});

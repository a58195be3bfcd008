import { defineComponent, type Scorer } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { descriptorMatrix } from './descriptor-matrix.ts';
import { euclidTo } from './euclid-distance.ts';

/** Options of `scorer/euclid`. */
export const euclidScorerOptions = z.strictObject({
  descriptor: z.string().default('global').describe('Name of the model output that is compared.'),
  squared: z.boolean().default(false).describe('Squared distances instead of their root; the ranking is the same.'),
  normalize: z
    .boolean()
    .default(false)
    .describe('Divide every descriptor by its norm first, as CLIP-ReID does; the ranking is then that of the cosine.'),
});

/** Euclidean distance between descriptors, near duplicates in float64. */
export function euclidScorer(options: z.input<typeof euclidScorerOptions> = {}): Scorer {
  const { descriptor, squared, normalize } = euclidScorerOptions.parse(options);
  return {
    name: `${squared ? 'squared ' : ''}euclid${normalize ? ', normalised' : ''}`,
    reads: [descriptor],
    normalizes: normalize,
    prepare(gallery, product) {
      const matrix = descriptorMatrix(gallery, descriptor, 'scorer/euclid');
      const distances = euclidTo(matrix, { squared, normalize, ...(product ? { product } : {}) });
      return { count: gallery.count, distances: (queries, out) => distances(descriptorMatrix(queries, descriptor, 'scorer/euclid'), out) };
    },
  };
}

/** `scorer/euclid`. */
export const euclidScorerComponent = defineComponent({
  summary: 'Euclidean distance between descriptors, squared or not, normalised or not.',
  options: euclidScorerOptions,
  build: (options) => euclidScorer(options),
});

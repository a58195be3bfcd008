import { defineComponent, type Scorer } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { cosineTo } from './cosine-distance.ts';
import { descriptorMatrix } from './descriptor-matrix.ts';

/** Options of `scorer/cosine`. */
export const cosineScorerOptions = z.strictObject({
  descriptor: z.string().default('global').describe('Name of the model output that is compared.'),
});

/** Cosine distance `1 − cos`, in [0, 2]; a descriptor of zeros is at distance 1 from everything. */
export function cosineScorer(options: z.input<typeof cosineScorerOptions> = {}): Scorer {
  const { descriptor } = cosineScorerOptions.parse(options);
  return {
    name: 'cosine',
    reads: [descriptor],
    normalizes: true,
    prepare(gallery, product) {
      const distances = cosineTo(descriptorMatrix(gallery, descriptor, 'scorer/cosine'), product ? { product } : {});
      return { count: gallery.count, distances: (queries, out) => distances(descriptorMatrix(queries, descriptor, 'scorer/cosine'), out) };
    },
  };
}

/** `scorer/cosine`. */
export const cosineScorerComponent = defineComponent({
  summary: 'Cosine distance between descriptors.',
  options: cosineScorerOptions,
  build: (options) => cosineScorer(options),
});

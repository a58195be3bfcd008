import { ReidError, defineComponent, type Descriptors, type Scorer } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { hammingDistance, packBits, type PackedCodes } from './hamming-distance.ts';

/** Options of `scorer/hamming`. */
export const hammingScorerOptions = z.strictObject({
  descriptor: z.string().default('global').describe('Name of the binary code that is compared: zeros and ones.'),
});

/** Share of differing bits between binary codes `[n, bits]`, in [0, 1]. */
export function hammingScorer(options: z.input<typeof hammingScorerOptions> = {}): Scorer {
  const { descriptor } = hammingScorerOptions.parse(options);
  const packed = (descriptors: Descriptors): PackedCodes => {
    const codes = descriptors.tensors[descriptor];
    if (codes) return packBits(codes);
    throw new ReidError('UNKNOWN_NAME', `scorer/hamming reads the descriptor "${descriptor}", which is not there.`, {
      hint: `there are: ${Object.keys(descriptors.tensors).join(', ') || '(none)'}.`,
    });
  };
  return {
    name: 'hamming',
    reads: [descriptor],
    prepare(descriptors) {
      const gallery = packed(descriptors);
      return {
        count: gallery.rows,
        distances: async (queries) => Float32Array.from(hammingDistance(packed(queries), gallery), (count) => count / gallery.bits),
      };
    },
  };
}

/** `scorer/hamming`. */
export const hammingScorerComponent = defineComponent({
  summary: 'Share of differing bits between binary codes.',
  options: hammingScorerOptions,
  build: (options) => hammingScorer(options),
});

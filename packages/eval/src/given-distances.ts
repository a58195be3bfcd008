import { ReidError, hostTensor, type Descriptors, type Scorer } from '@reidkit/core-tensor/base';
import { descriptorMatrix } from './descriptor-matrix.ts';

const NAME = 'distances';

/**
 * A scorer over distances that were computed elsewhere (re-ranking, another program), with the descriptors to give to a protocol: row i of
 * the matrix `[queries, gallery]` stands for query i. Throws SHAPE_MISMATCH.
 */
export function givenDistances(
  matrix: Float32Array,
  [queries, gallery]: readonly [queries: number, gallery: number],
): { readonly scorer: Scorer; readonly queries: Descriptors; readonly gallery: Descriptors } {
  const scorer: Scorer = {
    name: 'given distances',
    reads: [NAME],
    prepare: ({ count }) => ({
      count,
      async distances(block, out) {
        const rows = descriptorMatrix(block, NAME, 'given distances');
        if (rows.shape[1] !== count) {
          throw new ReidError('SHAPE_MISMATCH', `given distances expected rows of ${count} numbers, got ${rows.shape[1]}.`);
        }
        if (!out) return rows.data.slice();
        out.set(rows.data);
        return out;
      },
    }),
  };
  return {
    scorer,
    queries: { count: queries, tensors: { [NAME]: hostTensor(matrix, [queries, gallery]) } },
    gallery: { count: gallery, tensors: {} },
  };
}

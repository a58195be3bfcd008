import { ReidError, defineComponent, type Descriptors, type RankingOptions, type Reranker } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { cosineScorer } from '../cosine-scorer.ts';
import { descriptorMatrix, type Matrix } from '../descriptor-matrix.ts';
import { takeDescriptors } from '../descriptor-rows.ts';
import { visitDistanceRows } from '../distance-rows.ts';
import { nearestItems } from '../nearest-items.ts';
import { squaredNorms } from '../row-norms.ts';
import { joinDescriptors } from './join-descriptors.ts';

/** Options of `rerank/query-expansion`. */
export const queryExpansionOptions = z.strictObject({
  k: z.int().positive().default(10).describe('Neighbours that are averaged, the image itself among them.'),
  alpha: z.number().nonnegative().default(3).describe('Power of the similarity that weights a neighbour; 0 for a plain mean.'),
  times: z.int().positive().default(1).describe('How often the expansion is repeated.'),
});

const NONE = new Int32Array(0);

/** The similarity of two rows of one matrix, in float64. */
function cosineOf({ data }: Matrix, columns: number, a: number, b: number): number {
  let sum = 0;
  for (let k = 0; k < columns; k++) sum += data[a * columns + k]! * data[b * columns + k]!;
  return sum;
}

async function expandOnce(
  all: Descriptors,
  name: string,
  { k, alpha }: z.output<typeof queryExpansionOptions>,
  options: RankingOptions,
): Promise<Descriptors> {
  const matrix = descriptorMatrix(all, name, 'rerank/query-expansion');
  const [count = 0, columns = 0] = matrix.shape;
  const lengths = squaredNorms(matrix).map((value) => Math.max(Math.sqrt(value), 1e-12));
  const data = new Float32Array(count * columns);
  const scorer = cosineScorer({ descriptor: name });
  const positions = Int32Array.from({ length: count }, (_, at) => at);
  await visitDistanceRows(
    scorer.prepare(all, options.product),
    { queries: all, positions, reads: [name] },
    {
      ...options,
      visit(at, row) {
        const sum = new Float64Array(columns);
        const chosen = nearestItems(row, k, NONE);
        for (const neighbour of chosen) {
          const weight = (cosineOf(matrix, columns, at, neighbour) / (lengths[at]! * lengths[neighbour]!)) ** alpha;
          for (let c = 0; c < columns; c++) sum[c]! += (weight * matrix.data[neighbour * columns + c]!) / chosen.length;
        }
        data.set(sum, at * columns);
      },
    },
  );
  return { count, tensors: { [name]: { ...matrix, data } } };
}

/**
 * Average query expansion: every descriptor of queries and gallery becomes the mean of its `k` nearest among all, each weighted by its cosine
 * to the power `alpha`. Descriptors are averaged as they are, not normalised, and divided by k, not by the sum of weights. A negative cosine
 * keeps its sign under an odd power and gives NaN under a fractional one.
 * @see Radenović et al., "Fine-tuning CNN Image Retrieval with No Human Annotation" (TPAMI 2019), section 3.2, for the weights.
 */
export async function expandQueries(
  { query, gallery, name }: { readonly query: Descriptors; readonly gallery: Descriptors; readonly name: string },
  options: z.input<typeof queryExpansionOptions> & RankingOptions = {},
): Promise<{ readonly query: Descriptors; readonly gallery: Descriptors }> {
  const { k, alpha, times, ...ranking } = options;
  const chosen = queryExpansionOptions.parse({ k, alpha, times });
  let all = joinDescriptors(query, gallery, [name]);
  for (let round = 0; round < chosen.times; round++) all = await expandOnce(all, name, chosen, ranking);
  const part = (from: number, count: number): Descriptors => {
    const { tensors } = takeDescriptors(all, Array.from({ length: count }, (_, i) => from + i)); // prettier-ignore
    return { count, tensors };
  };
  return { query: part(0, query.count), gallery: part(query.count, gallery.count) };
}

/** Average query expansion before the scorer compares: see {@link expandQueries}. For scorers of one descriptor. */
export function queryExpansion(options: z.input<typeof queryExpansionOptions> = {}): Reranker {
  const parameters = queryExpansionOptions.parse(options);
  return {
    name: 'query-expansion',
    parameters,
    async apply({ query, gallery, scorer }, ranking = {}) {
      const [name, ...others] = scorer.reads;
      if (name === undefined || others.length > 0) {
        throw new ReidError(
          'INVALID_OPTIONS',
          `rerank/query-expansion expands one descriptor, ${scorer.name} reads ${scorer.reads.join(', ')}.`,
          {
            hint: 'take scorer/cosine or scorer/euclid.',
          },
        );
      }
      const expanded = await expandQueries({ query, gallery, name }, { ...parameters, ...ranking });
      const lost = [expanded.query, expanded.gallery].some(({ tensors }) => (tensors[name]!.data as Float32Array).some(Number.isNaN));
      if (lost) {
        throw new ReidError('INVALID_ARGUMENT', `rerank/query-expansion cannot raise a negative cosine to the power ${parameters.alpha}.`, {
          hint: 'take a whole alpha, or a smaller k so that only alike images are averaged.',
        });
      }
      return { ...expanded, scorer };
    },
  };
}

/** `rerank/query-expansion`. */
export const queryExpansionComponent = defineComponent({
  summary: 'Descriptors averaged with their nearest neighbours, weighted by similarity.',
  options: queryExpansionOptions,
  build: (options) => queryExpansion(options),
});

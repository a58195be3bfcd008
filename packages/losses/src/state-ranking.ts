import { defineComponent, div, expandDims, fill, matchShape, mean, mul, neg, normalizeRows, softmax, softplus, stopGradient, sub, sum, type Loss, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { z } from 'zod';

/** Options of {@link stateRankingLoss}. */
const stateRankingOptions = z.strictObject({
  temperature: z.number().positive().default(0.1).describe('Divides the difference of the distances; the paper does not print it.'),
  negatives: z
    .enum(['literal', 'hard', 'uniform'])
    .default('literal')
    .describe('How negatives are weighed: the far ones most, as the formula of the positives does, the near ones most, or all alike.'),
  positives: z.enum(['literal', 'uniform']).default('literal').describe('How positives are weighed: the far ones most, or all alike.'),
  detachWeights: z.boolean().default(false).describe('Whether no gradient flows through the weights.'),
});

/** What {@link stateRankingLoss} compares. */
export interface RankedStates {
  /** States of the queries `[Q, D]`, or one for each positive `[Q, K, D]`. */
  readonly query: Tensor;
  /** States of K frames that show the person `[Q, K, D]`. */
  readonly positives: Tensor;
  /** States of frames that do not `[Q, L, D]`. */
  readonly negatives: Tensor;
  /** States of the queries beside each negative `[Q, L, D]`. Default: `query`. */
  readonly negativeQuery?: Tensor;
}

type Options = Omit<z.input<typeof stateRankingOptions>, 'temperature'> & { readonly temperature?: number | Tensor };

/** One minus the cosine of each state with its query, `[Q, K]`; a length below 1e-8 counts as this. */
export function stateDistances(query: Tensor, states: Tensor): Tensor {
  const { Q, K, D } = matchShape('states of the ranking', states.shape, ['Q', 'K', 'D']);
  matchShape('query of the ranking', query.shape, query.rank === 2 ? [Q, D] : [Q, K, D]);
  const beside = query.rank === 2 ? expandDims(query, 1) : query;
  return sub(1, sum(mul(normalizeRows(beside, 1e-8), normalizeRows(states, 1e-8)), 2));
}

/** Share of each distance in the mean of a row, `[Q, K] → [Q, K]`. */
export function distanceWeights(distances: Tensor, how: 'literal' | 'hard' | 'uniform'): Tensor {
  if (how === 'uniform') return fill(distances.shape, 1 / distances.shape[1]!);
  return softmax(how === 'hard' ? neg(distances) : distances);
}

/**
 * Pulls the state of a query to those of frames that show the person, away from the others: softplus of the difference of their weighted mean
 * distances over the temperature, mean over queries → `[]`. Throws SHAPE_MISMATCH.
 * @see "FusionSegReID", Eq. 8-10.
 */
export function stateRankingLoss({ query, positives, negatives, negativeQuery = query }: RankedStates, options: Options = {}): Tensor {
  const { temperature = 0.1, detachWeights = false } = options;
  const weighted = (distances: Tensor, how: 'literal' | 'hard' | 'uniform'): Tensor => {
    const weights = distanceWeights(distances, how);
    return sum(mul(detachWeights ? stopGradient(weights) : weights, distances), 1);
  };
  const near = weighted(stateDistances(query, positives), options.positives ?? 'literal');
  const far = weighted(stateDistances(negativeQuery, negatives), options.negatives ?? 'literal');
  return mean(softplus(div(sub(near, far), temperature)));
}

/** `loss/state-ranking`. */
export const stateRankingComponent = defineComponent({
  summary: 'Ranks states of frames by their distance from the state of a query (FusionSegReID).',
  options: stateRankingOptions,
  build: (options): Loss => ({
    reads: { query: 'outputs.queryStates', positives: 'outputs.positiveStates', negatives: 'outputs.negativeStates' },
    compute: ({ query, positives, negatives }) =>
      stateRankingLoss({ query: query!, positives: positives!, negatives: negatives! }, options),
  }),
});

import { add, cast, div, exp, expandDims, mul, normalizeRows, softmax, sqrt, sub, sum, type Tensor } from '@reidkit/core-tensor';
import { cosineDistances, euclidDistances, squaredDistances } from './pair-distances.ts';
import { type PairMasks, pairMasks } from './pair-masks.ts';
import { type PickedPairs, pickLargest, pickSmallest } from './pick-pairs.ts';

/** How the distance between two embeddings is taken. */
export interface TripletDistance {
  /** `euclid`: root of the squared distance, at least 1e-6. `cosine`: 2 − 2 cos. Default: `euclid`. */
  readonly distance?: 'euclid' | 'cosine';
  /** Divide every embedding by its length first. Default: false. */
  readonly normalize?: boolean;
  /** Rows that are no padding, `[B]`. Default: all. */
  readonly valid?: Tensor;
}

const rowsOf = (embeddings: Tensor, { normalize }: TripletDistance): Tensor => (normalize ? normalizeRows(embeddings) : embeddings);

function pickBoth(values: Tensor, masks: PairMasks): Omit<HardPairs, 'masks'> {
  return { positive: pickLargest(values, masks.same), negative: pickSmallest(values, masks.different) };
}

/** The pairs that a triplet loss compares, one positive and one negative per anchor, and the masks they came from. */
export interface HardPairs {
  readonly positive: PickedPairs;
  readonly negative: PickedPairs;
  readonly masks: PairMasks;
}

/**
 * For every anchor its farthest image of the same identity (itself too, for want of another) and its nearest one of another identity:
 * `embeddings [B, D]`, `labels [B]` → indices and distances `[B]`. On equal distances the first wins.
 * @see Hermans et al., "In Defense of the Triplet Loss" (2017), Eq. 5.
 */
export function hardPairs(embeddings: Tensor, labels: Tensor, options: TripletDistance = {}): HardPairs {
  const masks = pairMasks(labels, options.valid);
  const rows = rowsOf(embeddings, options);
  if (options.distance === 'cosine') return { ...pickBoth(cosineDistances(rows), masks), masks };
  // Picked by the squares: the root rounds near ones together.
  const { positive, negative } = pickBoth(squaredDistances(rows), masks);
  return { positive: { ...positive, value: sqrt(positive.value) }, negative: { ...negative, value: sqrt(negative.value) }, masks };
}

/** Distances of every anchor to its positives and negatives, averaged by weights that are larger for harder ones. */
export interface WeightedPairs {
  readonly positive: Tensor;
  readonly negative: Tensor;
  readonly masks: PairMasks;
}

/** A logit that no other reaches. */
const NEVER = -1e9;

function softmaxMean(distances: Tensor, mask: Tensor, sign: 1 | -1): Tensor {
  const weights = softmax(add(mul(distances, sign), mul(sub(1, mask), NEVER)));
  return sum(mul(distances, weights), 1);
}

/**
 * fast-reid's weights: the sum carries 1e-6 more, and the stabilising maximum is taken over masked entries too, which are 0. For negatives
 * it is therefore always 0, and the weights of far ones vanish instead of adding up to 1.
 */
function fastreidMean(distances: Tensor, mask: Tensor, sign: 1 | -1): Tensor {
  const masked = mul(distances, mask);
  const largest = sign === 1 ? expandDims(pickLargest(masked, cast(mask, 'bool')).value, 1) : 0;
  const shifted = mul(exp(sub(mul(masked, sign), largest)), mask);
  return sum(mul(masked, div(shifted, add(sum(shifted, 1, true), 1e-6))), 1);
}

/**
 * For every anchor the mean distance of its positives by softmax(d) and of its negatives by softmax(−d); the weights carry gradient.
 * `form: 'fastreid'` is what fast-reid computes, which is the same up to 1e-6 while distances are small.
 */
export function weightedPairs(
  embeddings: Tensor,
  labels: Tensor,
  { form = 'softmax', ...options }: TripletDistance & { readonly form?: 'softmax' | 'fastreid' } = {},
): WeightedPairs {
  const masks = pairMasks(labels, options.valid);
  const rows = rowsOf(embeddings, options);
  const distances = options.distance === 'cosine' ? cosineDistances(rows) : euclidDistances(rows);
  const mean = form === 'softmax' ? softmaxMean : fastreidMean;
  return {
    positive: mean(distances, cast(masks.same, 'float32'), 1),
    negative: mean(distances, cast(masks.different, 'float32'), -1),
    masks,
  };
}

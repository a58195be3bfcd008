import { abs, add, cast, defineComponent, eye, fill, greater, less, logicalAnd, logicalNot, matMul, matchShape, maximum, mul, normalizeRows, oneHot, reshape, stopGradient, sub, sum, where, zerosLike, type Loss, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { z } from 'zod';
import { meanOver } from './mean-over.ts';
import { euclidDistances, squaredDistances } from './pair-distances.ts';
import { pairMasks, type PairMasks } from './pair-masks.ts';
import { pickLargest, pickSmallest } from './pick-pairs.ts';

/** Options of `loss/adaptive-triplet`. */
export const adaptiveTripletOptions = z.strictObject({
  margin: z.number().min(0).default(0.3).describe('Margin of two references whose relatedness differs by 1, in units of the distance.'),
  distance: z.enum(['squared', 'euclid']).default('squared').describe('Squared distance, as printed, or its root, as released.'),
  normalize: z.boolean().default(false).describe('Divide every embedding by its length first.'),
  mining: z
    .enum(['hard', 'all'])
    .default('hard')
    .describe('The farthest two images of the identity and the nearest other one, or every pair of references.'),
  pairWeight: z
    .number()
    .min(0)
    .default(1)
    .describe('Weight of the two farthest of the identity, with mining "hard"; released code has 0.1.'),
  clampBeta: z.boolean().default(true).describe('Count instructions of opposite direction as unrelated: a cosine below 0 as 0.'),
  betaEps: z.number().min(0).default(1e-5).describe('Relatedness that differs by less is equal, and compares nothing.'),
  nearest: z
    .enum(['signed', 'always'])
    .default('signed')
    .describe('Whether the nearest other identity is pushed away by the sign of the equation, or always, as released.'),
  withSelf: z
    .boolean()
    .default(false)
    .describe('Count the anchor among the images of its identity, as released code does; it matters where an identity has fewer than 3.'),
});

/** Options of {@link adaptiveTripletLoss}: those of `loss/adaptive-triplet`, and which rows are no padding `[B]`. */
export type AdaptiveTripletOptions = z.input<typeof adaptiveTripletOptions> & { readonly valid?: Tensor };
type Chosen = z.output<typeof adaptiveTripletOptions>;

/** What an anchor is compared with. */
export interface AdaptiveReference {
  /** Position in the batch `[B]` int32. */
  readonly index: Tensor;
  /** Distance to the anchor `[B]`. */
  readonly distance: Tensor;
  /** Relatedness `[B]`: cosine of the instructions within an identity, 0 outside; without gradient. */
  readonly beta: Tensor;
}

/** The references that hard mining picks, and the anchors that have them. */
export interface AdaptiveReferences {
  readonly farthest: AdaptiveReference;
  readonly second: AdaptiveReference;
  readonly nearest: AdaptiveReference;
  /** Anchors with a second image of their identity, truth values `[B]`. */
  readonly hasSecond: Tensor;
  /** Anchors with an image of their identity and one of another, truth values `[B]`. */
  readonly hasNearest: Tensor;
}

/** What both ways of mining start from. */
interface Pairs {
  readonly distances: Tensor;
  /** `[B, B]` */
  readonly cosines: Tensor;
  readonly masks: PairMasks;
  /** Pairs of an anchor with its positives. */
  readonly positives: Tensor;
}

const FAR = 1e30;

const count = (mask: Tensor): Tensor => sum(cast(mask, 'float32'), 1);

function allPairs(embeddings: Tensor, labels: Tensor, instructions: Tensor, options: Chosen, valid: Tensor | undefined): Pairs {
  const { B } = matchShape('adaptive triplet loss', embeddings.shape, ['B', 'D']);
  matchShape('labels of the adaptive triplet loss', labels.shape, [B]);
  matchShape('instructions of the adaptive triplet loss', instructions.shape, [B, 'E']);
  const rows = options.normalize ? normalizeRows(embeddings) : embeddings;
  const masks = pairMasks(labels, valid);
  const unit = normalizeRows(stopGradient(instructions));
  const cosines = matMul(unit, unit, false, true);
  return {
    distances: options.distance === 'squared' ? squaredDistances(rows) : euclidDistances(rows),
    cosines: options.clampBeta ? maximum(cosines, 0) : cosines,
    masks,
    positives: options.withSelf ? masks.same : logicalAnd(masks.same, logicalNot(cast(eye(B!), 'bool'))),
  };
}

function references({ distances, cosines, masks, positives }: Pairs): AdaptiveReferences {
  const size = distances.shape[0]!;
  const at = (index: Tensor, distance: Tensor, beta?: Tensor): AdaptiveReference => ({
    index,
    distance,
    beta: beta ?? sum(mul(cosines, oneHot(index, size)), 1),
  });
  const first = pickLargest(distances, positives);
  const fixed = stopGradient(distances);
  const others = where(positives, fixed, fill(fixed.shape, -FAR));
  // The first is lowered below everything, so that for want of a second the first of the others is taken.
  const rest = where(cast(oneHot(first.index, size), 'bool'), fill(fixed.shape, -2 * FAR), others);
  const { index: secondIndex } = pickLargest(rest, cast(fill(rest.shape, 1), 'bool'));
  const secondDistance = sum(mul(distances, oneHot(secondIndex, size)), 1);
  const near = pickSmallest(distances, masks.different);
  const hasOther = greater(count(masks.different), 0);
  return {
    farthest: at(first.index, first.value),
    second: at(secondIndex, secondDistance),
    nearest: at(near.index, near.value, zerosLike(near.value)),
    hasSecond: logicalAnd(masks.rows, greater(count(positives), 1)),
    hasNearest: logicalAnd(masks.rows, logicalAnd(hasOther, greater(count(positives), 0))),
  };
}

/** −1, 0 or 1 by which of two numbers is larger; 0 where they differ by less than `epsilon`. */
function signOf(difference: Tensor, epsilon: number): Tensor {
  const sign = sub(cast(greater(difference, 0), 'float32'), cast(less(difference, 0), 'float32'));
  return mul(sign, cast(logicalNot(less(abs(difference), epsilon)), 'float32'));
}

/** `max(0, s (d₁ − d₂ + (β₁ − β₂) m))`, with s the sign of β₁ − β₂ or 1. */
function hinge(first: Tensor, second: Tensor, difference: Tensor, { margin, betaEps }: Chosen, isSigned = true): Tensor {
  const excess = add(sub(first, second), mul(difference, margin));
  return maximum(isSigned ? mul(excess, signOf(difference, betaEps)) : excess, 0);
}

function hardLoss(pairs: Pairs, options: Chosen): Tensor {
  const { farthest, second, nearest, hasSecond, hasNearest } = references(pairs);
  const pushed = hinge(farthest.distance, nearest.distance, farthest.beta, options, options.nearest === 'signed');
  const negative = meanOver(pushed, hasNearest);
  if (options.pairWeight === 0) return negative;
  const pair = hinge(farthest.distance, second.distance, sub(farthest.beta, second.beta), options);
  return add(mul(meanOver(pair, hasSecond), options.pairWeight), negative);
}

/** Every unordered pair of references of every anchor whose relatedness differs. */
function allLoss({ distances, cosines, masks, positives }: Pairs, options: Chosen): Tensor {
  const size = distances.shape[0]!;
  const betas = mul(cosines, cast(positives, 'float32'));
  const usable = cast(masks.rows, 'float32');
  const other = mul(mul(reshape(usable, [size, 1]), reshape(usable, [1, size])), sub(1, eye(size)));
  const [one, two]: readonly [number[], number[]] = [[size, size, 1], [size, 1, size]]; // prettier-ignore
  const difference = sub(reshape(betas, one), reshape(betas, two));
  const terms = hinge(reshape(distances, one), reshape(distances, two), difference, options);
  const differs = mul(abs(signOf(difference, options.betaEps)), mul(reshape(other, one), reshape(other, two)));
  // Both orders of a pair are there and give the same, so the mean is that of unordered pairs.
  return meanOver(reshape(terms, [-1]), cast(reshape(differs, [-1]), 'bool'));
}

/** The references that {@link adaptiveTripletLoss} compares by hard mining; options as there. Throws SHAPE_MISMATCH. */
export function adaptiveReferences(
  embeddings: Tensor,
  labels: Tensor,
  instructions: Tensor,
  { valid, ...options }: AdaptiveTripletOptions = {},
): AdaptiveReferences {
  return references(allPairs(embeddings, labels, instructions, adaptiveTripletOptions.parse(options), valid));
}

/**
 * Triplet loss whose margin and direction follow how related two references are to the anchor, by identity and by instruction:
 * `embeddings [B, D]`, `labels [B]` int32, `instructions [B, E]` → `[]`. References that are equally related compare nothing; an anchor without
 * another image of its identity drops out. Throws SHAPE_MISMATCH.
 * @see Instruct-ReID (2023), Eq. 5-6; released code has root distances, a pair weight of 0.1, and always pushes other identities away.
 */
export function adaptiveTripletLoss(
  embeddings: Tensor,
  labels: Tensor,
  instructions: Tensor,
  { valid, ...options }: AdaptiveTripletOptions = {},
): Tensor {
  const chosen = adaptiveTripletOptions.parse(options);
  const pairs = allPairs(embeddings, labels, instructions, chosen, valid);
  return chosen.mining === 'hard' ? hardLoss(pairs, chosen) : allLoss(pairs, chosen);
}

/** `loss/adaptive-triplet`. */
export const adaptiveTripletComponent = defineComponent({
  summary: 'Triplet loss with a margin by how alike the instructions are.',
  paper: 'https://arxiv.org/abs/2306.07520',
  options: adaptiveTripletOptions,
  build: (options): Loss => ({
    reads: { embeddings: 'outputs.global', labels: 'batch.labels', instructions: 'outputs.instruction', valid: 'batch.valid' },
    compute: ({ embeddings, labels, instructions, valid }) =>
      adaptiveTripletLoss(embeddings!, labels!, instructions!, { ...options, ...(valid ? { valid } : {}) }),
  }),
});

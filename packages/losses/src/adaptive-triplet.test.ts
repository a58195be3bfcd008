import { createRegistry, hostTensor, Random, referenceBackend, scoped, tensor, useBackend, valueAndGradients, type HostTensors, type Loss, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { lossConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { adaptiveTripletLoss, type AdaptiveTripletOptions } from './adaptive-triplet.ts';
import { lossesPlugin } from './plugin.ts';
import { tripletLoss } from './triplet.ts';

beforeAll(() => useBackend(referenceBackend));

/** Instructions whose cosine with the first is given. */
const turned = (cosines: readonly number[]): Tensor => tensor(cosines.flatMap((cos) => [cos, Math.sqrt(Math.max(0, 1 - cos * cos))]), [cosines.length, 2]); // prettier-ignore

/** The loss of the first row as the only anchor: the other rows belong to no identity in turn, so the mean of the rest is taken off by hand. */
function ofAnchor(
  places: readonly number[],
  labels: readonly number[],
  cosines: readonly number[],
  options: AdaptiveTripletOptions,
): number {
  const value = (own: AdaptiveTripletOptions, ids: readonly number[]): number =>
    scoped(() => adaptiveTripletLoss(tensor([...places], [places.length, 1]), tensor([...ids], [ids.length], 'int32'), turned(cosines), own).dataSync()[0]!); // prettier-ignore
  return value(options, labels);
}

/** a = 0, p1 = 3, p2 = 1, n = 2: the terms of every anchor by the equation, to be compared with the loss. */
function byHand(
  places: readonly number[],
  labels: readonly number[],
  cosines: readonly number[],
  squared: boolean,
  pairWeight: number,
): number {
  const angle = cosines.map((cos) => Math.acos(cos));
  const d = (i: number, j: number): number => (squared ? (places[i]! - places[j]!) ** 2 : Math.abs(places[i]! - places[j]!));
  const beta = (i: number, j: number): number => (labels[i] === labels[j] ? Math.max(0, Math.cos(angle[i]! - angle[j]!)) : 0);
  const term = (i: number, j: number, k: number): number => {
    const difference = beta(i, j) - beta(i, k);
    return Math.abs(difference) < 1e-5 ? 0 : Math.max(0, Math.sign(difference) * (d(i, j) - d(i, k) + 0.3 * difference));
  };
  const all = [...places.keys()];
  const [pairs, nearest]: [number[], number[]] = [[], []];
  for (const i of all) {
    const positives = all.filter((j) => j !== i && labels[j] === labels[i]).sort((j, k) => d(i, k) - d(i, j));
    const negative = all.filter((j) => labels[j] !== labels[i]).sort((j, k) => d(i, j) - d(i, k))[0]!;
    if (positives.length > 1) pairs.push(term(i, positives[0]!, positives[1]!));
    if (positives.length > 0) nearest.push(term(i, positives[0]!, negative));
  }
  const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / Math.max(1, list.length);
  return pairWeight * mean(pairs) + mean(nearest);
}

describe('adaptiveTripletLoss', () => {
  const PLACES = [0, 3, 1, 2];
  const LABELS = [1, 1, 1, 2];
  it.each([
    [[1, 0.5, 1, 0.3], false, 1],
    [[1, 1, 0.5, 0.3], false, 1],
    [[1, 1, 0.5, 0.3], false, 0.1],
    [[1, 1, 0.5, 0.3], true, 1],
    [[1, 0.2, 0.2, 0.2], true, 1],
  ] as const)('is the equation over the hardest references: cosines %j, squared %s, weight %d', (cosines, squared, pairWeight) => {
    const got = ofAnchor(PLACES, LABELS, cosines, { distance: squared ? 'squared' : 'euclid', pairWeight });
    expect(got).toBeCloseTo(byHand(PLACES, LABELS, cosines, squared, pairWeight), 5);
  });

  /** Only the first row is an anchor with two positives and an other identity: the sheet's example, term by term. */
  it.each([
    [[0.5, 1], 'euclid', 0, 1.15],
    [[1, 0.5], 'euclid', 2.15, 1.3],
    [[1, 0.5], 'squared', 8.15, 5.3],
    [[0.7, 0.7], 'euclid', 0, 1.21],
  ] as const)('of the anchor 0 with 3, 1 and 2, cosines %j, %s', (cosines, distance, pair, negative) => {
    const value = adaptiveReferencesOf([1, ...cosines, 0.9], distance);
    expect(value.pair).toBeCloseTo(pair, 5);
    expect(value.negative).toBeCloseTo(negative, 5);
  });

  function adaptiveReferencesOf(
    cosines: readonly number[],
    distance: 'euclid' | 'squared',
  ): { readonly pair: number; readonly negative: number } {
    // The gradient of the weights picks the first anchor: its terms are what the loss loses when it stops counting, times the number of anchors.
    const loss = (labels: readonly number[], pairWeight: number): number => ofAnchor(PLACES, labels, cosines, { distance, pairWeight });
    const [with1, with0] = [loss(LABELS, 1), loss(LABELS, 0)];
    const angle = cosines.map((cos) => Math.acos(cos));
    const d = (i: number, j: number): number =>
      distance === 'squared' ? (PLACES[i]! - PLACES[j]!) ** 2 : Math.abs(PLACES[i]! - PLACES[j]!);
    const term = (i: number, j: number, k: number, isOther: boolean): number => {
      const difference = Math.cos(angle[i]! - angle[j]!) - (isOther ? 0 : Math.cos(angle[i]! - angle[k]!));
      return Math.abs(difference) < 1e-5 ? 0 : Math.max(0, Math.sign(difference) * (d(i, j) - d(i, k) + 0.3 * difference));
    };
    const others = (isOther: boolean): number => (isOther ? term(1, 0, 3, true) + term(2, 1, 3, true) : term(1, 0, 2, false) + term(2, 1, 0, false)); // prettier-ignore
    return { pair: 3 * (with1 - with0) - others(false), negative: 3 * with0 - others(true) };
  }

  const features = tensor(Random.seed(1).normal(8 * 3), [8, 3]);
  const labels = tensor([0, 0, 0, 1, 1, 1, 2, 2], [8], 'int32');
  const gradientOf = (f: (x: Tensor) => Tensor): readonly number[] => {
    const { value, gradients } = valueAndGradients(({ x }) => ({ value: f(x!), rest: {} }), { x: features });
    return [value.dataSync()[0]!, ...(gradients.x?.dataSync() ?? [])];
  };

  it.each([0, 1e-7])('with instructions that are alike, but for %d, it is the batch-hard triplet loss, gradient and all', (noise) => {
    const alike = tensor(Array.from({ length: 8 }, (_, i) => [1, 2 + (i % 2) * noise, -1]).flat(), [8, 3]);
    const got = gradientOf((x) => adaptiveTripletLoss(x, labels, alike, { distance: 'euclid' }));
    const want = gradientOf((x) => tripletLoss(x, labels, { margin: 0.3 }));
    got.forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 5));
  });

  it('gives instructions no gradient', () => {
    const instructions = tensor(Random.seed(2).normal(16), [8, 2]);
    const { gradients } = valueAndGradients(({ t }) => ({ value: adaptiveTripletLoss(features, labels, t!), rest: {} }), {
      t: instructions,
    });
    expect(gradients.t).toBeUndefined();
  });

  it('over all pairs is the mean over those whose relatedness differs', () => {
    const [places, ids, cosines] = [[0, 3, 1, 2], [1, 1, 1, 2], [1, 0.9, 0.4, 0.2]]; // prettier-ignore
    const angle = cosines.map((cos) => Math.acos(cos));
    const terms: number[] = [];
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 4; j++) {
        for (let k = j + 1; k < 4; k++) {
          const beta = (r: number): number => (ids[i] === ids[r] ? Math.max(0, Math.cos(angle[i]! - angle[r]!)) : 0);
          const difference = beta(j) - beta(k);
          if (i === j || i === k || Math.abs(difference) < 1e-5) continue;
          terms.push(
            Math.max(0, Math.sign(difference) * (Math.abs(places[i]! - places[j]!) - Math.abs(places[i]! - places[k]!) + 0.3 * difference)),
          );
        }
      }
    }
    const want = terms.reduce((a, b) => a + b, 0) / terms.length;
    expect(ofAnchor(places, ids, cosines, { distance: 'euclid', mining: 'all' })).toBeCloseTo(want, 5);
  });

  it.each([{}, { mining: 'all' as const }])('is 0 where there is nothing to compare: %o', (options) => {
    expect(ofAnchor([0, 1, 5], [1, 2, 3], [1, 0.5, 0.1], options)).toBe(0);
    expect(ofAnchor([0, 1], [-1, -1], [1, 0.5], options)).toBe(0);
  });

  it('pushes an identity away although the instruction is of opposite direction, only as released', () => {
    const opposite = tensor([1, 0, -1, 0, 0, 1], [3, 2]);
    const loss = (options: AdaptiveTripletOptions): number =>
      adaptiveTripletLoss(tensor([0, 4, 1], [3, 1]), tensor([1, 1, 2], [3], 'int32'), opposite, options).dataSync()[0]!;
    expect(loss({ distance: 'euclid' })).toBe(0);
    expect(loss({ distance: 'euclid', nearest: 'always' })).toBeCloseTo((3 + 1) / 2, 5);
    expect(loss({ distance: 'euclid', clampBeta: false, nearest: 'always' })).toBeCloseTo((2.7 + 0.7) / 2, 5);
  });
});

const inputs: HostTensors = {
  embeddings: hostTensor(Random.seed(4).normal(6 * 3, 2), [6, 3]),
  labels: hostTensor([0, 0, 0, 1, 1, 1], [6], 'int32'),
  instructions: hostTensor(Random.seed(5).normal(12), [6, 2]),
  valid: hostTensor([1, 1, 1, 1, 1, 1], [6], 'bool'),
};
const registry = createRegistry(lossesPlugin);
describe.each([{}, { mining: 'all' }, { distance: 'euclid', pairWeight: 0.1, clampBeta: false, nearest: 'always' }])(
  'loss/adaptive-triplet %o',
  (options) => {
    const make = (): Loss => registry.use<Loss>({ use: 'loss/adaptive-triplet', options });
    for (const { title, check } of lossConformance(make, { inputs, differentiable: ['embeddings'], misshapen: [{ ...inputs, labels: hostTensor([0], [1], 'int32') }] })) it(title, check); // prettier-ignore
  },
);

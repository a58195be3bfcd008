import { createRegistry, hostTensor, Random, referenceBackend, scoped, tensor, useBackend, valueAndGradients, type HostTensor, type Loss, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { lossConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { boxLoss } from './box.ts';
import { lossesPlugin } from './plugin.ts';
import { meanOfMasks, segmentationCrossEntropy, segmentationDice, segmentationFocal, segmentationWeighted } from './segmentation-masks.ts';
import { distanceWeights, stateRankingLoss } from './state-ranking.ts';

beforeAll(() => useBackend(referenceBackend));

const registry = createRegistry(lossesPlugin);
const normal = (seed: number, shape: readonly number[]): HostTensor => hostTensor(Random.seed(seed).normal(shape.reduce((a, b) => a * b, 1)), shape); // prettier-ignore
const bits = (seed: number, shape: readonly number[]): HostTensor => hostTensor(normal(seed, shape).data.map((value) => Number(value > 0)), shape); // prettier-ignore
const numberOf = (f: () => Tensor): number => scoped(f).dataSync()[0]!;

describe('losses of masks', () => {
  const [logits, mask] = [() => tensor([0, 0, 0, 0], [1, 2, 2]), (...g: number[]) => tensor(g, [1, 2, 2])];

  it('weigh inside and outside by all pixels or by those of the class', () => {
    expect(numberOf(() => segmentationWeighted(logits(), mask(1, 0, 0, 0)))).toBeCloseTo(50.253, 3);
    expect(numberOf(() => segmentationWeighted(logits(), mask(1, 0, 0, 0), { norm: 'class' }))).toBeCloseTo(159.424, 3);
    expect(numberOf(() => segmentationWeighted(logits(), mask(0, 0, 0, 0), { norm: 'class' }))).toBeCloseTo(30 * Math.LN2, 3);
  });

  it('are one half where half of everything overlaps, a little less with the scale of the released code', () => {
    expect(numberOf(() => segmentationDice(logits(), mask(1, 1, 0, 0), { scale: 1, epsilon: 1e-12 }))).toBeCloseTo(0.5, 6);
    expect(numberOf(() => segmentationDice(logits(), mask(1, 1, 0, 0)))).toBeCloseTo(0.499875, 6);
  });

  it('are cross-entropy when nothing is focused on', () => {
    const [z, g] = [normal(1, [3, 4, 5]), bits(2, [3, 4, 5])].map(({ data, shape }) => tensor(data as Float32Array, [...shape]));
    const plain = segmentationCrossEntropy(z!, g!).dataSync();
    const halved = segmentationFocal(z!, g!, { gamma: 0, alpha: 0.5 }).dataSync();
    plain.forEach((value, i) => expect(halved[i]! * 2).toBeCloseTo(value, 5));
    segmentationFocal(z!, g!).dataSync().forEach((value, i) => expect(value).toBeLessThan(plain[i]!)); // prettier-ignore
  });

  it('are exactly 0 without any mask, with gradients that are numbers', () => {
    expect(numberOf(() => meanOfMasks(tensor([], [0])))).toBe(0);
    const { value, gradients } = valueAndGradients(
      ({ z }) => ({ value: meanOfMasks(segmentationDice(z!, mask(1, 0, 0, 0)), tensor([false], [1], 'bool')), rest: {} }),
      { z: logits() },
    );
    expect([value.dataSync()[0], ...gradients.z!.dataSync()]).toEqual([0, 0, 0, 0, 0]);
  });

  const inputs = { logits: normal(3, [3, 4, 5]), masks: bits(4, [3, 4, 5]), valid: hostTensor([1, 1, 0], [3], 'bool') };
  const options = { inputs, batchInputs: ['logits', 'masks', 'valid'], misshapen: [{ ...inputs, masks: bits(4, [3, 5, 4]) }, { ...inputs, valid: hostTensor([1], [1], 'bool') }] }; // prettier-ignore
  for (const name of ['cross-entropy', 'dice', 'focal', 'weighted']) {
    describe(`loss/segmentation-${name}`, () => {
      for (const { title, check } of lossConformance(() => registry.use<Loss>({ use: `loss/segmentation-${name}` }), options)) it(title, check); // prettier-ignore
    });
  }
});

describe('loss/state-ranking', () => {
  /** States at these distances from a query along the first axis. */
  const at = (distances: readonly number[]): Tensor => tensor(distances.flatMap((d) => [1 - d, Math.sqrt(1 - (1 - d) ** 2)]), [1, distances.length, 2]); // prettier-ignore
  const query = (): Tensor => tensor([3, 0], [1, 2]);
  const [near, far] = [
    [0.2, 0.4, 0.6],
    [0.5, 0.7, 0.9],
  ] as const;
  const loss = (options: object, positives: readonly number[] = near, negatives: readonly number[] = far): number =>
    numberOf(() => stateRankingLoss({ query: query(), positives: at(positives), negatives: at(negatives) }, options));

  it('has the numbers of its formula, whichever way negatives are weighed', () => {
    const weights = distanceWeights(tensor([...near], [1, 3]), 'literal').dataSync();
    [0.269307, 0.328933, 0.40176].forEach((weight, i) => expect(weights[i]).toBeCloseTo(weight, 6));
    expect(loss({})).toBeCloseTo(0.048587, 5);
    expect(loss({ negatives: 'hard' })).toBeCloseTo(0.081182, 5);
    expect(loss({ temperature: 1 })).toBeCloseTo(0.554355, 5);
    expect(loss({ detachWeights: true })).toBeCloseTo(0.048587, 5);
  });

  it('is ln 2 when all are as far, works with one of each, and does not care about order and length', () => {
    expect(loss({}, [0.4, 0.4], [0.4, 0.4])).toBeCloseTo(Math.LN2, 5);
    expect(loss({}, [0.4], [0.4])).toBeCloseTo(Math.LN2, 5);
    expect(loss({}, [0.6, 0.2, 0.4])).toBeCloseTo(loss({}), 6);
    const longer = numberOf(() => stateRankingLoss({ query: query(), positives: at(near).mul(7), negatives: at(far) }));
    expect(longer).toBeCloseTo(loss({}), 5);
  });

  const inputs = { query: normal(5, [2, 4]), positives: normal(6, [2, 3, 4]), negatives: normal(7, [2, 2, 4]) };
  const options = { inputs, batchInputs: ['query', 'positives', 'negatives'], misshapen: [{ ...inputs, query: normal(5, [2, 5]) }] };
  for (const { title, check } of lossConformance(() => registry.use<Loss>({ use: 'loss/state-ranking' }), options)) it(title, check);
});

describe('loss/box', () => {
  const one = (box: readonly number[], target: readonly number[], options: object): number =>
    numberOf(() => boxLoss(tensor([...box], [1, 4]), tensor([...target], [1, 4]), options));
  const overlapOnly = { distance: 0, overlap: 1 };

  it('has the numbers of its formula', () => {
    expect(one([0.5, 0.5, 0.4, 0.4], [0.6, 0.5, 0.4, 0.4], overlapOnly)).toBeCloseTo(0.42439, 5);
    expect(one([0.5, 0.5, 0.4, 0.4], [0.6, 0.5, 0.4, 0.4], { overlap: 0 })).toBeCloseTo(0.0125, 6);
    expect(one([0.5, 0.5, 0.2, 0.4], [0.5, 0.5, 0.4, 0.4], overlapOnly)).toBeCloseTo(0.503248, 5);
    expect(one([0.2, 0.2, 0.2, 0.2], [0.7, 0.7, 0.2, 0.2], overlapOnly)).toBeCloseTo(1.510204, 5);
  });

  it('pulls boxes that do not meet, and has a number for one without size', () => {
    for (const box of [
      [0.2, 0.2, 0.2, 0.2],
      [0.2, 0.2, 0, 0],
    ]) {
      const { value, gradients } = valueAndGradients(({ b }) => ({ value: boxLoss(b!, tensor([0.7, 0.7, 0.2, 0.2], [1, 4])).sum(), rest: {} }), { b: tensor(box, [1, 4]) }); // prettier-ignore
      expect([...value.dataSync(), ...gradients.b!.dataSync()].every(Number.isFinite)).toBe(true);
      expect(gradients.b!.dataSync()[0]).toBeLessThan(0);
    }
  });

  const inputs = {
    boxes: hostTensor([0.5, 0.5, 0.4, 0.3, 0.3, 0.4, 0.2, 0.5], [2, 4]),
    targets: hostTensor([0.6, 0.45, 0.3, 0.4, 0.35, 0.5, 0.3, 0.4], [2, 4]),
    valid: hostTensor([1, 1], [2], 'bool'),
  };
  const options = {
    inputs,
    batchInputs: ['boxes', 'targets', 'valid'],
    misshapen: [{ ...inputs, targets: hostTensor([0, 0, 1, 1], [1, 4]) }],
  };
  for (const { title, check } of lossConformance(() => registry.use<Loss>({ use: 'loss/box' }), options)) it(title, check);
});

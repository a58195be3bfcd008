import { createRegistry, hostTensor, normalizeRows, Random, referenceBackend, tensor, useBackend, zeros, type HostTensors, type Loss, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { lossConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { maskWords, replacedWords } from './change-words.ts';
import { crossEntropyLoss } from './cross-entropy.ts';
import { identityContrastLoss, rememberedContrastLoss } from './identity-contrast.ts';
import { drawColumns, drawNegatives, matchLabels, rowsAt } from './pair-matching.ts';
import { maskedWordsLoss } from './masked-words.ts';
import { lossesPlugin } from './plugin.ts';

beforeAll(() => useBackend(referenceBackend));

const int = (numbers: readonly number[], shape: number[] = [numbers.length]): Tensor => tensor([...numbers], shape, 'int32');
const numbersOf = (x: Tensor): number[] => [...x.dataSync()];
const registry = createRegistry(lossesPlugin);

/** Features whose products are the given numbers: the texts are the axes of the plane, a third one makes up the length. */
const images = (): Tensor => tensor([0.9, 0.1, Math.sqrt(1 - 0.82), 0.2, 0.8, Math.sqrt(1 - 0.68)], [2, 3]);
const texts = (): Tensor => tensor([1, 0, 0, 0, 1, 0], [2, 3]);

describe('identityContrastLoss', () => {
  it.each([
    [[1, 2], (0.223592 + 0.220417) / 2],
    [[1, 1], (0.923592 + 0.920417) / 2],
  ])('of [[.9, .1], [.2, .8]] over 0.5 with identities %j', (labels, want) => {
    expect(identityContrastLoss({ images: images(), texts: texts(), labels: int(labels) }, 0.5).dataSync()[0]).toBeCloseTo(want, 4);
  });

  it('leaves padding out', () => {
    const more = (x: Tensor): Tensor => x.concat(tensor([5, -3, 1], [1, 3]), 0);
    const batch = { images: more(images()), texts: more(texts()), labels: int([1, 2, -1]), valid: tensor([1, 1, 0], [3], 'bool') };
    expect(identityContrastLoss(batch, 0.5).dataSync()[0]).toBeCloseTo((0.223592 + 0.220417) / 2, 4);
  });
});

describe('rememberedContrastLoss', () => {
  const batch = () => ({ images: images(), texts: texts(), labels: int([1, 2]), momentumTexts: texts() });
  const memory = (ids: readonly number[]) => ({ images: zeros([3, 2]), texts: zeros([3, 2]), identities: int(ids, [1, 2]) });
  const loss = (ids: readonly number[]): number => rememberedContrastLoss({ ...batch(), memory: memory(ids) }, { temperature: 0.5, softShare: 0 }).dataSync()[0]!; // prettier-ignore

  it('never takes an empty place for an identity', () => {
    expect(loss([-100, -100])).toBeCloseTo(loss([7, 8]), 6);
    expect(loss([1, -100])).not.toBeCloseTo(loss([7, 8]), 3);
    const empty = { ...batch(), labels: int([-100, 2]) };
    const value = rememberedContrastLoss({ ...empty, memory: memory([-100, -100]) }, { temperature: 0.5, softShare: 0.4 }).dataSync()[0];
    expect(value).toSatisfy(Number.isFinite);
  });
});

describe('pairs', () => {
  it('are drawn by their shares', () => {
    const weights = tensor([1, 0, 3, 2, 2, 0], [2, 3]);
    expect(numbersOf(drawColumns(weights, tensor([0.24, 0.49])))).toEqual([0, 0]);
    expect(numbersOf(drawColumns(weights, tensor([0.26, 0.51])))).toEqual([2, 1]);
  });

  it('are never of one identity, and say so where there is no other', () => {
    const scores = tensor(Random.seed(1).normal(16), [4, 4]);
    const labels = [3, 5, 3, 5];
    for (let seed = 0; seed < 20; seed++) {
      const uniform = { images: tensor(Random.seed(seed).uniform(4)), texts: tensor(Random.seed(seed + 50).uniform(4)) };
      const drawn = drawNegatives({ imageToText: scores, textToImage: scores, labels: int(labels) }, uniform);
      for (const index of [drawn.images, drawn.texts]) numbersOf(index).forEach((at, i) => expect(labels[at]).not.toBe(labels[i]));
    }
    const uniform = { images: zeros([2]), texts: zeros([2]) };
    const none = drawNegatives({ imageToText: zeros([2, 2]), textToImage: zeros([2, 2]), labels: int([1, 1]) }, uniform);
    expect(numbersOf(matchLabels(none))).toEqual([1, 1, -1, -1, -1, -1]);
    const logits = tensor(Random.seed(2).normal(12), [6, 2]);
    expect(crossEntropyLoss(logits, matchLabels(none)).dataSync()[0]).toSatisfy(Number.isFinite);
  });

  it('cost log 2 while nothing is known', () => {
    const labels = matchLabels({ hasImage: tensor([1, 1], [2], 'bool'), hasText: tensor([1, 1], [2], 'bool') });
    expect(numbersOf(labels)).toEqual([1, 1, 0, 0, 0, 0]);
    expect(crossEntropyLoss(zeros([6, 2]), labels).dataSync()[0]).toBeCloseTo(0.693147, 6);
  });

  it('take rows by position', () => {
    expect(numbersOf(rowsAt(tensor([1, 2, 3, 4, 5, 6], [3, 2]), int([2, 0, 2])))).toEqual([5, 6, 1, 2, 5, 6]);
  });
});

describe('words that are changed', () => {
  const special = { padding: 0, start: 2, mask: 4 };
  const ids = int([2, 7, 8, 9, 0, 0], [1, 6]);
  const draw = (...values: number[]): Tensor => tensor(values, [1, 6]);

  it('are asked for, but neither the first nor padding', () => {
    const draws = { masked: draw(0, 0, 0.1, 0.2, 0, 0), replaced: draw(0, 0.9, 0.1, 0, 0, 0), random: draw(0, 0.1, 0, 0, 0, 0), word: draw(0, 0.99, 0, 0, 0, 0) }; // prettier-ignore
    const { ids: changed, labels } = maskWords(ids, draws, { share: 0.15, vocabulary: 20, special });
    expect(numbersOf(changed)).toEqual([2, 19, 4, 9, 0, 0]);
    expect(numbersOf(labels)).toEqual([-100, 7, 8, -100, -100, -100]);
  });

  it('are found again: 1 where another stands', () => {
    const { ids: text, labels } = replacedWords(int([9, 7, 5, 0, 6, 0], [1, 6]), ids, special);
    expect(numbersOf(text)).toEqual([2, 7, 5, 0, 0, 0]);
    expect(numbersOf(labels)).toEqual([-100, 0, 1, -100, -100, -100]);
  });

  it('have soft labels over the vocabulary or, as released, over the places', () => {
    const logits = tensor(Random.seed(3).normal(24), [2, 3, 4]);
    const soft = tensor(Random.seed(4).uniform(24), [2, 3, 4]);
    const labels = int([1, -100, 2, 0, -100, -100], [2, 3]);
    const ask = (softOver: 'words' | 'positions'): number =>
      maskedWordsLoss(logits, labels, { softShare: 0.4, soft, softOver }).dataSync()[0]!;
    expect(ask('words')).not.toBeCloseTo(ask('positions'), 3);
    const hard = maskedWordsLoss(logits, labels).dataSync()[0]!;
    const flat = numbersOf(logits);
    const at = (b: number, n: number, v: number): number => flat[(b * 3 + n) * 4 + v]!;
    const told = (
      [
        [0, 0],
        [0, 2],
        [1, 0],
      ] as const
    ).map(([b, n]) =>
      // prettier-ignore
      [0, 1, 2, 3].reduce((total, v) => {
        const whole = Math.log([0, 1, 2].reduce((sum, place) => sum + Math.exp(at(b, place, v)), 0));
        return total - numbersOf(soft)[(b * 3 + n) * 4 + v]! * (at(b, n, v) - whole);
      }, 0),
    );
    expect(ask('positions')).toBeCloseTo(0.6 * hard + (0.4 * told.reduce((a, b) => a + b, 0)) / 3, 5);
  });
});

const unit = (seed: number, shape: readonly [number, number]) => hostTensor(normalizeRows(tensor(Random.seed(seed).normal(shape[0] * shape[1]), [...shape])).dataSync(), shape); // prettier-ignore

describe('losses of image-text memory', () => {
  const plain = (): HostTensors => ({
    images: unit(1, [3, 4]), texts: unit(2, [3, 4]), labels: hostTensor([4, 2, 4], [3], 'int32'), valid: hostTensor([1, 1, 1], [3], 'bool'),
    temperature: hostTensor([0.5], []),
  }); // prettier-ignore
  it.each([
    ['loss/identity-contrast', {}, plain],
    ['loss/pair-matching', {}, (): HostTensors => ({ logits: hostTensor(Random.seed(6).normal(12), [6, 2]), labels: hostTensor([1, 1, 0, 0, -1, 0], [6], 'int32') })], // prettier-ignore
  ] as const)('%s', async (use, options, inputs) => {
    const given = inputs();
    for (const { check } of lossConformance(() => registry.use<Loss>({ use, options }), {
      inputs: given,
      misshapen: [{ ...given, labels: hostTensor([0], [1], 'int32') }],
    })) {
      // prettier-ignore
      await check();
    }
  });
});

import { hostTensor, Random, referenceBackend, scoped, tensor, useBackend, type Tensor } from '@reidkit/core-tensor';
import { lossConformance } from '@reidkit/core-tensor/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { tripletComponent, tripletLoss, tripletOptions, type TripletOptions } from './triplet.ts';

beforeAll(() => useBackend(referenceBackend));

const [B, D] = [6, 4];
const LABELS = [0, 1, 0, 2, 1, 0];
const embeddings = Random.seed(5).normal(B * D);
const labels = (values: readonly number[] = LABELS): Tensor => tensor([...values], [values.length], 'int32');
const inputs = {
  embeddings: hostTensor(embeddings, [B, D]),
  labels: hostTensor(LABELS, [B], 'int32'),
  valid: hostTensor([1, 1, 1, 1, 1, 0], [B], 'bool'),
};

const lossOf = (numbers: ArrayLike<number>, options: TripletOptions = {}, of: readonly number[] = LABELS): number =>
  scoped(
    () => tripletLoss(tensor(Float32Array.from(numbers), [of.length, numbers.length / of.length]), labels(of), options).dataSync()[0]!,
  );

describe.each(['hard', 'weighted', 'weighted-fastreid'] as const)('loss/triplet with mining "%s"', (mining) => {
  for (const margin of [0.3, null]) {
    describe(margin === null ? 'and the soft margin' : `and margin ${margin}`, () => {
      const options = tripletOptions.parse({ mining, margin });
      const suite = lossConformance(() => tripletComponent.build(options, () => undefined as never), {
        inputs,
        batchInputs: ['embeddings', 'labels', 'valid'],
        misshapen: [{ ...inputs, labels: hostTensor([0, 1, 2], [3], 'int32') }],
      });
      for (const { title, check } of suite) it(title, check);
    });
  }

  it('does not see padding or rows without an identity', () => {
    const more = [...embeddings, ...Random.seed(6).normal(2 * D)];
    const valid = tensor([1, 1, 1, 1, 1, 1, 0, 1], [B + 2], 'bool');
    const padded = scoped(() => tripletLoss(tensor(more, [B + 2, D]), labels([...LABELS, 1, -1]), { mining, valid }).dataSync()[0]!);
    valid.dispose();
    expect(padded).toBeCloseTo(lossOf(embeddings, { mining }), 6);
  });

  it('is 0 for a batch of one identity, of one row, or of padding only', () => {
    expect(lossOf(embeddings, { mining }, [2, 2, 2, 2, 2, 2])).toBe(0);
    expect(lossOf(embeddings, { mining }, [0])).toBe(0);
    expect(lossOf(embeddings, { mining }, [-1, -1, -1, -1, -1, -1])).toBe(0);
  });
});

describe('tripletLoss', () => {
  it('compares the farthest positive with the nearest negative', () => {
    // On a line: 0 and 3 are one identity, 4 and 4.5 another.
    const terms = [3 - 4 + 0.3, 3 - 1 + 0.3, 0.5 - 1 + 0.3, 0.5 - 1.5 + 0.3].map((term) => Math.max(0, term));
    expect(lossOf([0, 3, 4, 4.5], {}, [0, 0, 1, 1])).toBeCloseTo(terms.reduce((a, b) => a + b) / 4, 6);
  });

  it('is 0 exactly when every negative is farther by the margin', () => {
    expect(lossOf([0, 1, 10, 11], { margin: 8 }, [0, 0, 1, 1])).toBe(0);
    expect(lossOf([0, 1, 10, 11], { margin: 8.5 }, [0, 0, 1, 1])).toBeCloseTo(0.25, 6);
  });

  it('grows with the margin by as much, where no term is 0', () => {
    const at = (margin: number): number => lossOf(embeddings, { margin });
    expect(at(20) - at(10)).toBeCloseTo(10, 4);
  });

  it('takes an image without partner as its own positive', () => {
    expect(lossOf([0, 2], { margin: 5 }, [0, 1])).toBeCloseTo(3, 5);
  });

  it('weighs negatives of any distance, where the form of fast-reid loses them', () => {
    const far = [0, 1, 40, 41];
    expect(lossOf(far, { mining: 'weighted', margin: 0 }, [0, 0, 1, 1])).toBe(0);
    expect(lossOf(far, { mining: 'weighted-fastreid', margin: 0 }, [0, 0, 1, 1])).toBeGreaterThan(0.5);
  });

  it('agrees with the form of fast-reid while distances are small', () => {
    const near = embeddings.map((value) => value * 0.3);
    expect(lossOf(near, { mining: 'weighted' })).toBeCloseTo(lossOf(near, { mining: 'weighted-fastreid' }), 5);
  });

  it('does not depend on lengths when embeddings are normalised', () => {
    const row = fc.array(fc.double({ min: 0.5, max: 3, noNaN: true }), { minLength: B, maxLength: B });
    const normal = lossOf(embeddings, { normalize: true });
    fc.assert(
      fc.property(row, (factors) => {
        const stretched = embeddings.map((value, i) => value * factors[Math.floor(i / D)]!);
        expect(lossOf(stretched, { normalize: true })).toBeCloseTo(normal, 4);
      }),
      { numRuns: 20 },
    );
  });

  it('does not change when all embeddings move together', () => {
    const moved = embeddings.map((value, i) => value + [1, -2, 0.5, 3][i % D]!);
    expect(lossOf(moved)).toBeCloseTo(lossOf(embeddings), 4);
  });
});

import {
  concat, EVALUATION, hostTensor, loadStateDict, mul, Random, referenceBackend, reshape, slice, sum, tensor, trainingContext, transpose, useBackend, type Tensor,
} from '@reidkit/core-tensor'; // prettier-ignore
import { beforeAll, describe, expect, it } from 'vitest';
import { maskedPooling } from './masked-pooling.ts';
import { PartConfidence } from './part-confidence.ts';
import { prototypeMasks, withBackground } from './prototype-masks.ts';
import { openAbove, PrototypeMemory } from './prototype-memory.ts';
import { stripeMasks } from './stripe-masks.ts';

beforeAll(() => useBackend(referenceBackend));

const near = (got: Tensor, want: readonly number[], digits = 5): void => {
  const numbers = [...got.dataSync()];
  expect(numbers).toHaveLength(want.length);
  numbers.forEach((value, i) => expect(value).toBeCloseTo(want[i]!, digits));
};
const random = (shape: number[], seed = 1): Tensor => tensor(Random.seed(seed).normal(shape.reduce((a, b) => a * b, 1)), shape);
const prototypes = (): Tensor => withBackground(tensor([-1, 0]), tensor([1, 0, 0, 1], [2, 2]));

describe('prototypeMasks and maskedPooling', () => {
  it('give the numbers of two places and two parts, worked out by hand', () => {
    const map = tensor([1, 0, 0, 2], [1, 2, 2]);
    const masks = prototypeMasks(map, prototypes(), { gamma: 2 });
    near(transpose(masks, [0, 2, 1]), [0.0158762, 0.8668133, 0.1173104, 0.106507, 0.106507, 0.786986]);
    near(maskedPooling(map, slice(masks, [0, 1, 0], [1, 2, 2])).parts, [0.8905736, 0.2188529, 0.1297256, 1.7405487]);
  });

  it('sum to 1 in every place, whatever its length, and follow its place', () => {
    const map = random([2, 6, 4]);
    const parts = random([5, 4], 2);
    const masks = prototypeMasks(map, parts);
    near(sum(masks, 1), Array<number>(12).fill(1));
    near(prototypeMasks(mul(map, 7), parts), [...masks.dataSync()], 4);
    const turned = (x: Tensor, axis: number): Tensor => {
      const count = x.shape[axis]!;
      const at = (i: number): Tensor => slice(x, x.shape.map((_, a) => (a === axis ? i : 0)), x.shape.map((length, a) => (a === axis ? 1 : length))); // prettier-ignore
      return concat(Array.from({ length: count }, (_, i) => at(count - 1 - i)), axis); // prettier-ignore
    };
    near(prototypeMasks(turned(map, 1), parts), [...turned(masks, 2).dataSync()], 5);
    near(maskedPooling(turned(map, 1), turned(masks, 2)).parts, [...maskedPooling(map, masks).parts.dataSync()], 4);
  });

  it('stay finite for a place of zeros and for masks of nothing', () => {
    const map = tensor(new Float32Array(8), [1, 2, 4]);
    const masks = prototypeMasks(map, random([3, 4]));
    near(masks, Array<number>(6).fill(1 / 3));
    const { parts, mass } = maskedPooling(random([1, 2, 4]), tensor(new Float32Array(2), [1, 1, 2]));
    near(parts, [0, 0, 0, 0]);
    near(mass, [0]);
  });
});

describe('stripeMasks', () => {
  it('cut a map into equal stripes, each place in one', () => {
    const { data, shape } = stripeMasks(4, [16, 8]);
    expect(shape).toEqual([1, 4, 128]);
    for (let place = 0; place < 128; place++) {
      const own = [0, 1, 2, 3].filter((stripe) => data[stripe * 128 + place] === 1);
      expect(own).toEqual([Math.floor(place / 32)]);
    }
    expect(() => stripeMasks(5, [4, 8])).toThrow(/1 to 4 stripes for 4 rows, got 5/);
  });
});

describe('PartConfidence', () => {
  /** Parts whose cosines with unit centres along the first axis are given. */
  const withCosines = (cosines: readonly number[]): Tensor =>
    tensor(cosines.flatMap((c) => [c, Math.sqrt(1 - c * c)]), [1, cosines.length, 2]); // prettier-ignore
  const centres = (): Tensor => tensor([1, 0, 1, 0, 1, 0, 1, 0], [4, 2]);
  const filled = (options: ConstructorParameters<typeof PartConfidence>[0]): PartConfidence => {
    const made = new PartConfidence(options);
    loadStateDict(made, { weight: hostTensor([0, 0], [1, 2]) });
    return made;
  };

  it('reads nearness as a softmax over the parts, and adds the learned score', () => {
    const { alpha, beta, softmax, mean } = filled({ width: 2 }).forward(withCosines([0.9, 0.8, -0.2, -0.5]), centres(), EVALUATION);
    near(alpha, [0.5, 0.5, 0.5, 0.5]);
    near(beta, [0.402527, 0.3642215, 0.1339896, 0.0992619]);
    near(mean, [0.4512635, 0.4321108, 0.3169948, 0.299631], 4);
    near(sum(softmax, 1), [1]);
  });

  it('reads it as the cosine, or as a softmax over the centres', () => {
    const cosine = filled({ width: 2, invariance: 'cosine' }).forward(withCosines([0.9, 0.8, -0.2, -0.5]), centres(), EVALUATION);
    near(cosine.beta, [0.9, 0.8, 0, 0]);
    const apart = tensor([1, 0, 0, 1], [2, 2]);
    const over = filled({ width: 2, invariance: 'overCentres', scale: 2 });
    const parts = tensor([1, 0, 1, 0], [1, 2, 2]);
    near(over.forward(parts, apart, EVALUATION).beta, [Math.E ** 2 / (Math.E ** 2 + 1), 1 / (Math.E ** 2 + 1)]);
  });
});

describe('PrototypeMemory', () => {
  const parts = (): Tensor => tensor([0, 1, 0, 3, 9, 9], [3, 1, 2]);
  const scores = (): Tensor => tensor([0.9, 0.86, 0.85], [3, 1]);
  const nothing = (): never => {
    throw new Error('nothing is drawn');
  };
  const memory = (momentumOn: 'old' | 'new'): PrototypeMemory => {
    const made = new PrototypeMemory({ count: 1, width: 2, momentum: 0.3, momentumOn });
    loadStateDict(made, { centres: hostTensor([1, 0], [1, 2]) });
    return made;
  };

  it('moves towards the mean of the parts above the gate, by either reading of the momentum', () => {
    near(memory('old').update(parts(), openAbove(scores(), 0.85), EVALUATION), [0.3, 1.4]);
    near(memory('new').update(parts(), openAbove(scores(), 0.85), EVALUATION), [0.7, 0.6]);
    near(memory('old').update(parts(), reshape(tensor([0, 0, 0]), [3, 1]), EVALUATION), [1, 0]);
  });

  it('is written in training only', () => {
    const made = memory('old');
    const training = trainingContext({ draws: { uniform: nothing, normal: nothing } });
    made.update(parts(), openAbove(scores(), 0.85), training);
    expect(training.updates.has(made.centres)).toBe(true);
    near(made.read(), [1, 0]);
    expect(() => new PrototypeMemory({ count: 1, width: 2, momentum: 2 })).toThrow(/momentum from 0 to 1, got 2/);
  });
});

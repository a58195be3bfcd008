import { referenceBackend, scoped, sum, tensor, useBackend, valueAndGradients } from '@reidkit/core-tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { pickLargest, pickSmallest } from './pick-pairs.ts';

beforeAll(() => useBackend(referenceBackend));

const VALUES = [3, 5, 5, 1, 9, 9, 2, 2, 4];
const MASK = [1, 1, 1, 1, 0, 0, 1, 1, 1];

describe.each([
  { name: 'pickLargest', pick: pickLargest, index: [1, 0, 2], value: [5, 1, 4], gradient: [0, 1, 0, 1, 0, 0, 0, 0, 1] },
  { name: 'pickSmallest', pick: pickSmallest, index: [0, 0, 0], value: [3, 1, 2], gradient: [1, 0, 0, 1, 0, 0, 1, 0, 0] },
])('$name', ({ pick, index, value, gradient }) => {
  it('takes the first of equal values inside the mask, and that one alone gets the gradient', () => {
    const got = scoped(() => {
      const mask = tensor(MASK, [3, 3], 'bool');
      const { gradients, rest } = valueAndGradients(
        ({ x }) => {
          const picked = pick(x!, mask);
          return { value: sum(picked.value), rest: { ...picked } };
        },
        { x: tensor(VALUES, [3, 3]) },
      );
      return [rest.index!, rest.value!, gradients.x!].map((numbers) => [...numbers.dataSync()]);
    });
    expect(got).toEqual([index, value, gradient]);
  });
});

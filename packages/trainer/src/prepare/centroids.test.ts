import { hostTensor, Random } from '@reidkit/core-tensor';
import { describe, expect, it } from 'vitest';
import { classCentroids } from './centroids.ts';

const near = (got: ArrayLike<number>, want: readonly number[]): void => {
  expect(got).toHaveLength(want.length);
  want.forEach((number, at) => expect(got[at]).toBeCloseTo(number, 6));
};

describe('classCentroids', () => {
  const rows = hostTensor([3, 4, 0, 2, 6, 8], [3, 2]);

  it('are means of the rows of each class, whose lengths count or not', () => {
    near(classCentroids(rows, [0, 0, 1], 2, { normalizeMeans: false }).data, [1.5, 3, 6, 8]);
    near(classCentroids(rows, [0, 0, 1], 2).data, [0.4472136, 0.8944272, 0.6, 0.8]);
    near(classCentroids(rows, [0, 0, 1], 2, { normalizeRows: true, normalizeMeans: false }).data, [0.3, 0.9, 0.6, 0.8]);
    near(classCentroids(rows, [0, -1, 1], 2, { normalizeMeans: false }).data, [3, 4, 6, 8]);
  });

  it('have length 1 and do not depend on the order of the rows', () => {
    const [count, width] = [40, 5];
    const data = Random.seed(1).normal(count * width);
    const labels = Array.from({ length: count }, (_, at) => at % 4);
    const order = Random.seed(2)
      .stream()
      .shuffle([...labels.keys()]);
    const shuffled = hostTensor(order.flatMap((at) => [...data.subarray(at * width, (at + 1) * width)]), [count, width]); // prettier-ignore
    const means = classCentroids(hostTensor(data, [count, width]), labels, 4, { normalizeRows: true });
    near(classCentroids(shuffled, order.map((at) => labels[at]!), 4, { normalizeRows: true }).data, [...means.data]); // prettier-ignore
    for (let label = 0; label < 4; label++) expect(Math.hypot(...means.data.slice(label * width, (label + 1) * width))).toBeCloseTo(1, 6);
  });

  it('need an image of every class, and name those without one', () => {
    expect(() => classCentroids(rows, [0, 0, 2], 5)).toThrow('There is no image of the training identities with the labels 1, 3, 4 of 5.');
  });
});

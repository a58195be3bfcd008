import { describe, expect, it } from 'vitest';
import { PythonRandom } from './python-random.ts';

// random.seed(s); [random.choice(range(n)) for n in (3, 7, 2, 100, 5)] in Python 3.
describe('the numbers of Python', () => {
  it.each([
    [0, [1, 6, 1, 5, 2]],
    [3, [0, 4, 0, 47, 4]],
    [9, [1, 4, 1, 34, 1]],
  ])('are those of seed %i', (seed, expected) => {
    const random = new PythonRandom(seed);
    expect([3, 7, 2, 100, 5].map((count) => random.below(count))).toEqual(expected);
  });

  it('choose below the count, across refills of the state', () => {
    const random = new PythonRandom(1);
    const drawn = new Set(Array.from({ length: 2000 }, () => random.choice(['a', 'b', 'c'])));
    expect([...drawn].sort()).toEqual(['a', 'b', 'c']);
  });
});

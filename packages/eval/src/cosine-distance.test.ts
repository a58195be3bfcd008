import { ReidError, hostTensor } from '@reidkit/core-tensor/base';
import { describe, expect, it } from 'vitest';
import { cosineDistance } from './cosine-distance.ts';
import { cosineScorer } from './cosine-scorer.ts';

describe('cosineDistance', () => {
  const x = hostTensor([1, 0, 0, 0, 0, 0], [2, 3]);
  const y = hostTensor([5, 0, 0, 0, 2, 0, -3, 0, 0, 3, 4, 0], [4, 3]);

  it('is 0 for one direction, 1 across, 2 opposite, and 1 for a row of zeros', async () => {
    const distances = await cosineDistance(x, y);
    [0, 1, 2, 0.4, 1, 1, 1, 1].forEach((value, i) => expect(distances[i]).toBeCloseTo(value, 6));
  });

  it('scales to [0, 1], and is NaN for a row of zeros without an epsilon', async () => {
    const distances = await cosineDistance(x, y, { scale: 0.5, epsilon: 0 });
    [0, 0.5, 1, 0.2].forEach((value, i) => expect(distances[i]).toBeCloseTo(value, 6));
    expect([...distances.subarray(4)]).toEqual([NaN, NaN, NaN, NaN]);
  });

  it('leaves its operands alone', async () => {
    const before = [...y.data];
    await cosineDistance(x, y);
    expect([...y.data]).toEqual(before);
  });

  it('uses a given product and its memory', async () => {
    const product = { name: 'ones', multiply: () => new Float32Array(8).fill(1) };
    const distances = await cosineDistance(x, y, { product });
    expect(distances[1]).toBeCloseTo(0.5, 6);
  });
});

describe('scorer/cosine', () => {
  const gallery = { count: 2, tensors: { global: hostTensor([1, 0, 0, 1], [2, 2]), tokens: hostTensor([1, 2, 3, 4], [2, 1, 2]) } };

  it('reads the descriptor it is told to, further axes flattened', async () => {
    const scorer = cosineScorer({ descriptor: 'tokens' });
    expect(scorer.reads).toEqual(['tokens']);
    expect((await scorer.prepare(gallery).distances(gallery))[0]).toBeCloseTo(0, 6);
  });

  it('lists the descriptors there are when one is missing', () => {
    expect(() => cosineScorer({ descriptor: 'globl' }).prepare(gallery)).toThrow(
      'reads the descriptor "globl", which is not there. There are: global, tokens.',
    );
  });

  it('refuses sides of different widths and numbers that are not finite', async () => {
    const wide = { count: 1, tensors: { global: hostTensor([1, 2, 3], [1, 3]) } };
    await expect(cosineScorer().prepare(gallery).distances(wide)).rejects.toThrow('one width, got [1, 3] and [2, 2]');
    const broken = { count: 2, tensors: { global: hostTensor([1, 0, NaN, 1], [2, 2]) } };
    expect(() => cosineScorer().prepare(broken)).toThrow('gallery item 1 holds NaN');
    try {
      cosineScorer().prepare({ count: 3, tensors: gallery.tensors });
    } catch (error) {
      expect(ReidError.is(error) && error.message).toContain('float32 [3, D], got float32 [2, 2]');
    }
  });
});

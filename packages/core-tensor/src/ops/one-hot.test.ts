import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { scoped, tensor } from '../tensor.ts';
import { oneHot } from './one-hot.ts';

describe('oneHot', () => {
  beforeAll(() => useBackend(referenceBackend));

  it('marks each index, and nothing for one outside', () => {
    scoped(() => {
      const rows = oneHot(tensor([[2, 0, -1, 3]], [1, 4], 'int32'), 3);
      expect(rows.shape).toEqual([1, 4, 3]);
      expect([...rows.dataSync()]).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    });
  });

  it('takes a depth of 1', () => {
    const rows = scoped(() => [...oneHot(tensor([0, 1], [2], 'int32'), 1).dataSync()]);
    expect(rows).toEqual([1, 0]);
  });
});

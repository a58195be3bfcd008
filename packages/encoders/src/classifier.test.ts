import { Random, namedParameters, referenceBackend, useBackend } from '@reidkit/core-tensor';
import { headConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { classifier } from './classifier.ts';

beforeAll(() => useBackend(referenceBackend));

describe.each([false, true])('head/linear with hasBias %s', (hasBias) => {
  for (const { title, check } of headConformance(() => classifier({ width: 5, classes: 7 }, { hasBias }), { width: 5 })) it(title, check);
});

describe('classifier', () => {
  it('starts small and without bias', () => {
    const head = classifier({ width: 40, classes: 50 });
    expect([...namedParameters(head)].map(([path]) => path)).toEqual(['weight']);
    const first = head.weight.initialize(Random.seed(1), head.weight.shape);
    const deviation = Math.sqrt(first.reduce((total, value) => total + value * value, 0) / first.length);
    expect(deviation).toBeCloseTo(0.001, 4);
    expect(head.width).toBe(50);
  });
});

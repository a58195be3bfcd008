import { EVALUATION, createRegistry, hostTensor, loadStateDict, referenceBackend, scoped, tensor, useBackend, type MakeHead } from '@reidkit/core-tensor'; // prettier-ignore
import { headConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { CosineClassifier } from './cosine-classifier.ts';
import { encodersPlugin } from './plugin.ts';

beforeAll(() => useBackend(referenceBackend));

describe('head/cosine', () => {
  const make = createRegistry(encodersPlugin).use<MakeHead>({ use: 'head/cosine' });
  for (const { title, check } of headConformance(make, { width: 5 })) it(title, check);
});

describe('CosineClassifier', () => {
  it('does not depend on lengths', () => {
    const head = new CosineClassifier({ width: 2, classes: 2 });
    loadStateDict(head, { weight: hostTensor([3, 4, 0, 2], [2, 2]) });
    const cosines = scoped(() => [...head.forward(tensor([5, 0, 0, -1], [2, 2]), EVALUATION).dataSync()]);
    expect(cosines).toEqual([0.6, 0, -0.8, -1].map((value) => expect.closeTo(value, 6)));
  });
});

import { createRegistry, namedParameters, referenceBackend, useBackend, type MakeHead } from '@reidkit/core-tensor';
import { headConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { EmbeddingHead } from './embedding-head.ts';
import { encodersPlugin } from './plugin.ts';

beforeAll(() => useBackend(referenceBackend));

describe('head/embedding', () => {
  const make = createRegistry(encodersPlugin).use<MakeHead>({ use: 'head/embedding', options: { width: 6 } });
  for (const { title, check } of headConformance(make, { width: 5, batch: 6 })) it(title, check);

  it('has the names of torchreid, as `fc` of a model', () => {
    const fc = new EmbeddingHead({ width: 128 });
    expect([...namedParameters(fc, 'fc')].map(([path, { shape }]) => [path, shape])).toEqual([
      ['fc.0.weight', [512, 128]],
      ['fc.0.bias', [512]],
      ['fc.1.weight', [512]],
      ['fc.1.bias', [512]],
      ['fc.1.running_mean', [512]],
      ['fc.1.running_var', [512]],
    ]);
  });
});

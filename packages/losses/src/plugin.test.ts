import { createRegistry } from '@reidkit/core-tensor';
import { describe, expect, it } from 'vitest';
import { lossesPlugin } from './plugin.ts';

describe('lossesPlugin', () => {
  const registry = createRegistry(lossesPlugin);

  it('builds losses by id that say what they read', () => {
    expect(registry.names).toHaveLength(32);
    expect(registry.names).toContain('loss/cross-entropy');
    expect(registry.build({ use: 'loss/triplet', options: { margin: null } }).reads).toEqual({
      embeddings: 'outputs.global',
      labels: 'batch.labels',
      valid: 'batch.valid',
    });
  });

  it('fills in defaults and refuses options that do not exist', () => {
    expect(registry.resolve({ use: 'loss/triplet' }).options).toEqual({
      margin: 0.3,
      distance: 'euclid',
      normalize: false,
      mining: 'hard',
      hardFactor: 0,
    });
    expect(() => registry.use({ use: 'loss/cross-entropy', options: { smothing: 0.1 } })).toThrow('unknown option "smothing"');
  });
});

import { createRegistry } from '@reidkit/core-tensor/base';
import { describe, expect, it } from 'vitest';
import { evalPlugin } from './plugin.ts';

describe('evalPlugin', () => {
  const registry = createRegistry(evalPlugin);

  it('builds a protocol and scorers by id', () => {
    const protocol = registry.build({ use: 'protocol/market1501', options: { query: 'probe' } });
    expect(protocol.splits).toEqual({ query: 'probe', gallery: 'gallery' });
    expect(registry.build({ use: 'scorer/euclid', options: { descriptor: 'global.bn' } }).reads).toEqual(['global.bn']);
    expect(registry.names).toContain('protocol/market1501');
    expect(registry.names.length).toBeGreaterThan(10);
  });

  it('fills in defaults and refuses options that do not exist', () => {
    expect(registry.resolve({ use: 'protocol/market1501' }).options).toEqual({
      maxRank: 50,
      cameraFilter: 'same-camera',
      query: 'query',
      gallery: 'gallery',
    });
    expect(() => registry.use({ use: 'protocol/market1501', options: { camerafilter: 'none' } })).toThrow('unknown option "camerafilter"');
  });
});

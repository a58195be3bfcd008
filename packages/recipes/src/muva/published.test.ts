import { datasetsPlugin } from '@reidkit/datasets';
import { describe, expect, it } from 'vitest';
import { MUVA_PUBLISHED } from './published.ts';

describe('MUVA_PUBLISHED', () => {
  it('has the twelve pairs of one source, the four of three, each cell once, by readers that there are', () => {
    const unseen = MUVA_PUBLISHED.filter(({ sources, target }) => !sources.includes(target));
    expect(unseen.filter(({ sources }) => sources.length === 1)).toHaveLength(12);
    expect(unseen.filter(({ sources }) => sources.length === 3)).toHaveLength(4);
    expect(new Set(MUVA_PUBLISHED.map(({ sources, target }) => `${sources.join()} ${target}`)).size).toBe(MUVA_PUBLISHED.length);
    for (const { sources, target } of MUVA_PUBLISHED) {
      for (const reader of [...sources, target]) expect(Object.keys(datasetsPlugin.components)).toContain(reader);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { createCast } from './cast.ts';
import { syntheticOptions } from './synthetic-options.ts';

const options = syntheticOptions.parse({ trainIdentities: 24, testIdentities: 12, outfits: 3 });
const cast = createCast(options);
const coloursOf = (identity: number): string[] => {
  const { outfits, shoes } = cast.identity(identity);
  const { upper, lower } = outfits[0]!;
  return [upper.colour.name, lower.colour.name, upper.accent.name, shoes.colour.name];
};

describe('createCast', () => {
  it('gives look-alikes the same four colours in orders of their own', () => {
    for (const first of [1, 13, 25]) {
      const family = Array.from({ length: 12 }, (_, k) => coloursOf(first + k));
      const sets = new Set(family.map((colours) => [...colours].sort().join()));
      expect(sets.size).toBe(1);
      expect(new Set(family.map((colours) => colours.join())).size).toBe(12);
    }
  });

  it('changes clothes from outfit to outfit and keeps body, shoes and bag', () => {
    const { outfits } = cast.identity(3);
    expect(outfits).toHaveLength(3);
    expect(new Set(outfits.map((outfit) => JSON.stringify(outfit))).size).toBe(3);
  });

  it('gives the same people for the same seed, and others for another', () => {
    expect(createCast(options).identity(5)).toEqual(cast.identity(5));
    expect(createCast({ ...options, seed: 2 }).identity(5)).not.toEqual(cast.identity(5));
    expect(cast.stranger(7)).not.toEqual(cast.stranger(8));
  });
});

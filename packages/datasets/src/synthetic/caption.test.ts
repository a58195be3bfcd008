import { Random } from '@reidkit/core-tensor/base';
import { describe, expect, it } from 'vitest';
import { CAPTION_FORMS, writeCaptions } from './caption.ts';
import { createCast } from './cast.ts';
import { syntheticOptions } from './synthetic-options.ts';

const cast = createCast(syntheticOptions.parse({ trainIdentities: 60, outfits: 2 }));
const all = Array.from({ length: 60 }, (_, k) => cast.identity(k + 1)).flatMap((person) =>
  person.outfits.map((outfit) => ({ person, outfit })),
);
const write = (at: number, count = CAPTION_FORMS): string[] =>
  writeCaptions(all[at]!.person, all[at]!.outfit, { count, draws: Random.seed(at).stream() });

describe('writeCaptions', () => {
  it('names the colours and garments that are worn, in every sentence', () => {
    for (const [at, { outfit }] of all.entries()) {
      for (const sentence of write(at)) {
        expect(sentence.toLowerCase()).toContain(outfit.upper.kind);
        expect(sentence.toLowerCase()).toContain(outfit.upper.colour.name);
        if (outfit.upper.kind !== 'dress') expect(sentence.toLowerCase()).toContain(outfit.lower.colour.name);
        else expect(sentence).not.toMatch(/trousers|jeans|shorts|skirt|leggings/);
      }
    }
  });

  it('writes sentences: a capital first, a full stop last, articles that fit, no doubled words', () => {
    for (const at of all.keys()) {
      for (const sentence of write(at)) {
        expect(sentence).toMatch(/^[A-Z].*\.$/);
        expect(sentence).not.toMatch(/\ba [aeiou]|\ban [^aeiou]|\b(\w+) \1\b| {2}|undefined|null/i);
      }
    }
  });

  it('has a dozen forms and more, gives as many as asked, and the same ones for the same draws', () => {
    expect(CAPTION_FORMS).toBeGreaterThanOrEqual(12);
    expect(new Set(write(0)).size).toBe(CAPTION_FORMS);
    expect(write(3, 2)).toHaveLength(2);
    expect(write(3, 2)).toEqual(write(3, 2));
  });
});

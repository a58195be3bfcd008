import { describe, expect, it } from 'vitest';
import { resolveReferences } from './reference.ts';

const facts = { data: { classes: 751, cameras: 6, streams: { main: { classes: 751 } } } };

describe('resolveReferences', () => {
  it('replaces references at any depth and leaves the rest alone', () => {
    const recipe = {
      model: { options: { classes: { $ref: 'data.classes' }, list: [{ $ref: 'data.streams.main.classes' }, 2] } },
      name: 'x',
    };
    expect(resolveReferences(recipe, facts)).toEqual({ model: { options: { classes: 751, list: [751, 2] } }, name: 'x' });
    expect(recipe.model.options.classes).toEqual({ $ref: 'data.classes' });
  });

  it('names the nearest fact for one that is not known', () => {
    expect(() => resolveReferences({ $ref: 'data.clases' }, facts)).toThrow(/refers to "data\.clases".*Did you mean "data\.classes"\?/);
  });

  it('does not follow the prototype chain to something that is no fact', () => {
    expect(() => resolveReferences({ $ref: 'data.constructor' }, facts)).toThrow(/not known/);
  });
});

import { describe, expect, it } from 'vitest';
import { modulePlaces } from './module-places.ts';
import { Module, namedParameters } from './module.ts';
import { parameter, zerosInit } from './parameter.ts';

class Leaf extends Module {
  readonly weight = parameter([1], zerosInit);
}

class Tree extends Module {
  readonly first = new Leaf();
  readonly list: readonly (Leaf | readonly Leaf[])[] = [new Leaf(), [new Leaf()]];
  readonly note = 'no module';
}

describe('modulePlaces', () => {
  it('finds every module with its path, in arrays too', () => {
    expect([...modulePlaces(new Tree())].map(({ path }) => path)).toEqual(['first', 'list.0', 'list.1.0']);
  });

  it('puts another module into a place, and knows what is there', () => {
    const [tree, other] = [new Tree(), new Tree()];
    const place = [...modulePlaces(tree)].find(({ path }) => path === 'list.1.0')!;
    place.replace(other);
    expect(place.current()).toBe(other);
    expect(place.module).not.toBe(other);
    expect([...namedParameters(tree)].map(([path]) => path)).toContain('list.1.0.first.weight');
  });
});

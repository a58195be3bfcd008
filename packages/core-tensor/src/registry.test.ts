import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { corePlugin } from './plugin.ts';
import { createRegistry, defineComponent, definePlugin, nodeOf, type Component, type Plugin } from './registry.ts';

const double = defineComponent({
  summary: 'Twice a number.',
  options: z.strictObject({ value: z.number() }),
  build: ({ value }) => 2 * value,
});
const sum = defineComponent({
  summary: 'The sum of its parts.',
  options: z.strictObject({ parts: z.array(nodeOf('number')), shift: z.number().default(1) }),
  build: ({ parts, shift }, use) => parts.reduce((total, part) => total + use<number>(part), shift),
});
const plugin = (name: string, components: Record<string, Component>, specVersion = 1): Plugin => ({
  name,
  version: '1.2.3',
  specVersion,
  components,
});
const registry = createRegistry(
  definePlugin({ name: 'numbers', version: '1.0.0', specVersion: 1, components: { 'number/double': double, 'number/sum': sum } }),
);
const tree = {
  use: 'number/sum' as const,
  options: {
    parts: [
      { use: 'number/double', options: { value: 4 } },
      { use: 'number/sum', options: { parts: [] } },
    ],
  },
};

const messageOf = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('It did not throw.');
};

describe('createRegistry', () => {
  it('builds nodes, nested ones too', () => {
    expect(registry.build({ use: 'number/double', options: { value: 4 } })).toBe(8);
    expect(registry.build(tree)).toBe(10);
    expect(registry.use(JSON.parse(JSON.stringify(tree)))).toBe(10);
    expect(registry.names).toEqual(['number/double', 'number/sum']);
  });

  it('fills in defaults everywhere without building', () => {
    const filled = registry.resolve(tree);
    expect(filled).toEqual({
      use: 'number/sum',
      options: {
        shift: 1,
        parts: [
          { use: 'number/double', options: { value: 4 } },
          { use: 'number/sum', options: { parts: [], shift: 1 } },
        ],
      },
    });
    expect(registry.resolve(filled)).toEqual(filled);
    expect(() => registry.resolve({ use: 'number/sum', options: { parts: [{ use: 'number/doubel' }] } })).toThrow(
      'Unknown component "number/doubel".',
    );
  });

  it('names the nearest component, and those of the same kind', () => {
    const hint = 'given to createRegistry()';
    const message = messageOf(() => registry.use({ use: 'number/duoble', options: {} }));
    expect(message).toContain(
      'Unknown component "number/duoble". Did you mean "number/double"? Registered numbers: number/double, number/sum.',
    );
    expect(message).toContain(hint);
    expect(() => registry.component('loss/triplet')).toThrow('Unknown component "loss/triplet". Registered: number/double, number/sum.');
    expect(() => createRegistry().use({ use: 'a/b' })).toThrow('Registered: (none).');
  });

  it('reports every problem of the options at once, the nearest name for a misspelt one, and what there is', () => {
    const message = messageOf(() => registry.use({ use: 'number/sum', options: { part: [], shift: 'far' } }));
    expect(message.split('\n')).toEqual([
      'Invalid options for "number/sum":',
      '  - "parts": missing, expected array',
      '  - "shift": expected number, received string',
      '  - unknown option "part". Did you mean "parts"?',
      '  hint: options are parts, shift.',
    ]);
  });

  it('finds misspelt options inside others, and in one of several forms', () => {
    const core = createRegistry(corePlugin);
    const message = (options: object): string => messageOf(() => core.use({ use: 'optimizer/sgd', options: { rate: 1, ...options } }));
    expect(message({ groups: [{ mach: '*.bias' }] })).toContain('"groups.0": unknown option "mach". Did you mean "match"?');
    expect(message({ groups: [{ match: '*.bias', rate: -1 }] })).toContain('"groups.0.rate": Too small: expected number to be >=0');
    expect(message({ clip: { nrom: 1 } })).toContain('"clip": unknown option "nrom". Did you mean "norm"?');
    const warmup = messageOf(() => core.use({ use: 'schedule/constant', options: { warmup: { length: 3, facter: 0.1 } } }));
    expect(warmup).toContain('"warmup": unknown option "facter". Did you mean "factor"?');
  });

  it('reports the problems of all nested nodes at once when it resolves', () => {
    const parts = [
      { use: 'number/double', options: { value: 'x' } },
      { use: 'number/doubel' },
      { use: 'number/double', options: { value: 1 } },
    ];
    expect(
      messageOf(() => registry.resolve({ use: 'number/sum', options: { parts, shfit: 2 } }))
        .split('\n')
        .slice(0, 6),
    ).toEqual([
      '3 components of "number/sum" cannot be built:',
      '  - Invalid options for "number/sum":',
      '      - unknown option "shfit". Did you mean "shift"?',
      '      hint: options are parts, shift.',
      '  - Invalid options for "number/double":',
      '      - "value": expected number, received string',
    ]);
  });

  it('wants a nested node to be of the right kind', () => {
    expect(() => registry.use({ use: 'number/sum', options: { parts: [{ use: 'loss/triplet' }] } })).toThrow(
      '"parts.0": expected a component of kind "number", got "loss/triplet"',
    );
    expect(() => registry.use({ use: 'number/sum', options: { parts: [{ name: 'number/double' }] } })).toThrow(
      '"parts.0.use": missing, expected string',
    );
  });

  it('refuses what is no node', () => {
    for (const node of [null, 'number/double', { options: {} }, { use: 'number/double', extra: 1 }]) {
      expect(() => registry.use(node as never)).toThrow('Expected a node { use, options }, got');
      expect(() => registry.resolve(node)).toThrow('Expected a node { use, options }, got');
    }
  });

  it('refuses two offers of one id, naming both', () => {
    expect(() => createRegistry(plugin('mine', { 'number/double': double }), plugin('yours', { 'number/double': sum }))).toThrow(
      'Component "number/double" is offered by both mine@1.2.3 and yours@1.2.3.',
    );
  });

  it('refuses another version of the contract', () => {
    expect(() => createRegistry(plugin('late', {}, 2))).toThrow('Plugin late@1.2.3 follows plugin contract 2; this core knows 1.');
  });

  it('knows nothing of other registries, and of names that every object has', () => {
    const other = createRegistry(plugin('mine', { 'number/double': sum }));
    expect(other.names).toEqual(['number/double']);
    for (const id of ['constructor', 'toString', '__proto__']) expect(() => other.component(id)).toThrow('Unknown component');
  });
});

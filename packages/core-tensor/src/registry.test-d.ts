// Checked by `npm run typecheck`: types of the registry are inferred from the plugins, and wrong nodes do not compile.
import { expectTypeOf } from 'vitest';
import { z } from 'zod';
import type { Optimizer } from './kinds/optimizer.ts';
import type { Schedule } from './kinds/schedule.ts';
import { corePlugin } from './plugin.ts';
import { createRegistry, defineComponent, definePlugin, type NodeOf, type Use } from './registry.ts';

const label = defineComponent({
  summary: 'A text.',
  options: z.strictObject({ length: z.number(), fill: z.string().default('x') }),
  build: ({ fill, length }) => {
    expectTypeOf(fill).toEqualTypeOf<string>();
    return fill.repeat(length);
  },
});
const flag = defineComponent({
  summary: 'A truth.',
  options: z.strictObject({ value: z.boolean().default(true) }),
  build: ({ value }) => value,
});
const mine = definePlugin({ name: 'mine', version: '1.0.0', specVersion: 1, components: { 'text/label': label, 'truth/flag': flag } });
const registry = createRegistry(mine, corePlugin);

// The result has the component's type, of every plugin given.
expectTypeOf(registry.build({ use: 'text/label', options: { length: 3 } })).toEqualTypeOf<string>();
expectTypeOf(registry.build({ use: 'truth/flag' })).toEqualTypeOf<boolean>();
expectTypeOf(registry.build({ use: 'optimizer/sgd', options: { rate: 0.1 } })).toEqualTypeOf<Optimizer>();
expectTypeOf(registry.build({ use: 'schedule/constant' })).toEqualTypeOf<Schedule>();
expectTypeOf(registry.use).toEqualTypeOf<Use>();

// Options are optional exactly where every option has a default.
type Nodes = NodeOf<(typeof mine)['components']>;
expectTypeOf<Nodes>().toEqualTypeOf<
  | ({ use: 'text/label' } & { options: { length: number; fill?: string | undefined } })
  | ({ use: 'truth/flag' } & { options?: { value?: boolean | undefined } })
>();

// @ts-expect-error -- an id that no plugin offers
registry.build({ use: 'text/lable', options: { length: 3 } });
// @ts-expect-error -- options that are needed
registry.build({ use: 'text/label' });
// @ts-expect-error -- a misspelt option
registry.build({ use: 'text/label', options: { length: 3, fil: 'y' } });
// @ts-expect-error -- an option of another type
registry.build({ use: 'truth/flag', options: { value: 'yes' } });
// @ts-expect-error -- a plugin without contract
definePlugin({ name: 'mine', version: '1.0.0', components: {} });

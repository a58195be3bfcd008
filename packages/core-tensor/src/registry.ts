import { z } from 'zod';
import { ReidError, reportProblems } from './errors.ts';
import { didYouMean } from './nearest-name.ts';

/** The version of the contract between the core and plugins. It moves only with a major version of the core. */
export const SPEC_VERSION = 1;

/** A component chosen by id with its options: JSON, the form in which recipes are written. */
export interface Node {
  readonly use: string;
  readonly options?: unknown;
}

/** Builds a nested `{ use, options }` node; the caller says which kind it expects and so which interface comes back. */
export type Use = <Built = unknown>(node: Node) => Built;

/** One buildable thing: what it is, a schema for its JSON options, and a pure builder. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the table holds components of every option and result type
export interface Component<Options extends z.ZodType = any, Built = any> {
  /** One sentence for catalogues and `reidkit recipes`. */
  readonly summary: string;
  /** Where it was published, if it was. */
  readonly paper?: string;
  readonly options: Options;
  /** Makes the thing from parsed options; `use` builds nested nodes. */
  readonly build: (options: z.output<Options>, use: Use) => Built;
}

/** Components by id (`kind/name`). */
export type Components = Readonly<Record<string, Component>>;

/** A named, versioned table of components that one package offers. */
export interface Plugin<C extends Components = Components> {
  readonly name: string;
  readonly version: string;
  readonly specVersion: number;
  readonly components: C;
}

/** Gives a component its types; does nothing at run time. */
export const defineComponent = <O extends z.ZodType, B>(component: Component<O, B>): Component<O, B> => component;

/** Gives a plugin its types; does nothing at run time. */
export const definePlugin = <const C extends Components>(plugin: Plugin<C>): Plugin<C> => plugin;

type ComponentsOf<P extends readonly Plugin[]> = P extends readonly [Plugin<infer Head>, ...infer Tail extends readonly Plugin[]]
  ? Head & ComponentsOf<Tail>
  : unknown;
type InputOf<C> = C extends Component<infer O, unknown> ? z.input<O> : never;
type BuiltOf<C> = C extends Component<z.ZodType, infer B> ? B : never;
type OptionsField<Input> = {} extends Input ? { options?: Input } : { options: Input };

/** The nodes that a table of components accepts, one per id, with that component's options. */
export type NodeOf<C, Id extends keyof C = keyof C> = { [N in Id]: { use: N } & OptionsField<InputOf<C[N]>> }[Id];

/** Plugins put together: builds and checks nodes. */
export interface Registry {
  /** Ids of all components, sorted. */
  readonly names: readonly string[];
  /** The plugins, in the order given. */
  readonly plugins: readonly Plugin[];
  /** The component behind an id. Throws UNKNOWN_COMPONENT, naming the nearest. */
  component(id: string): Component;
  /** Builds a node read from a file. Throws UNKNOWN_COMPONENT or INVALID_OPTIONS. */
  use: Use;
  /** The node with every default filled in, nested nodes too; builds nothing. Throws as `use` does, with all problems at once. */
  resolve(node: unknown): Node;
}

/** A registry that knows its plugins' types, as `createRegistry` gives it. */
export interface TypedRegistry<C> extends Registry {
  /** Builds a node written in code: the id completes, the options are typed, the result has the component's type. */
  build<Id extends keyof C & string>(node: NodeOf<C, Id>): BuiltOf<C[Id]>;
}

const nodeSchema = z.strictObject({ use: z.string(), options: z.unknown().optional() });

const isNode = (value: unknown): value is Node => nodeSchema.safeParse(value).success;

/** A schema for a nested node of one kind (`nodeOf('encoder')` takes `{ use: 'encoder/vit', options }`). */
export function nodeOf(kind: string): z.ZodType<Node, Node> {
  return nodeSchema.refine((node) => node.use.startsWith(`${kind}/`), {
    error: (issue) => `expected a component of kind "${kind}", got "${String((issue.input as Node | undefined)?.use)}"`,
  });
}

type Issue = z.core.$ZodIssue;

/** What zod says, without its "Invalid input", and a missing value called so. */
const plainMessage = (message: string): string =>
  message.replace(/^Invalid input: expected (.*), received undefined$/, 'missing, expected $1').replace(/^Invalid input: /, '');

function describeIssue(issue: Issue, known: readonly string[], path: readonly PropertyKey[]): string[] {
  const place = [...path, ...issue.path];
  const where = place.length > 0 ? `"${place.join('.')}": ` : '';
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${where}unknown option "${key}".${didYouMean(key, known)}`);
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // Of several forms, the one that was most likely meant has the fewest faults.
    const [nearest] = [...issue.errors].sort((a, b) => a.length - b.length);
    return nearest!.flatMap((inner) => describeIssue(inner, known, place));
  }
  return [`${where}${plainMessage(issue.message)}`];
}

/** Writes zod's issues as lines: where, what, and the nearest name for a misspelt option. */
export function describeIssues(error: z.ZodError, known: readonly string[] = []): string[] {
  return error.issues.flatMap((issue) => describeIssue(issue, known, []));
}

/** Names of the options that a schema takes. */
function optionNames(schema: z.ZodType): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** As {@link optionNames}, with those of the objects inside, for suggestions. */
function allOptionNames(schema: z.ZodType): string[] {
  const {
    innerType,
    element,
    options = [],
  } = schema.def as {
    readonly innerType?: z.ZodType;
    readonly element?: z.ZodType;
    readonly options?: readonly z.ZodType[];
  };
  const inside = [innerType, element, ...options, ...(schema instanceof z.ZodObject ? (Object.values(schema.shape) as z.ZodType[]) : [])];
  return [...optionNames(schema), ...inside.flatMap((inner) => (inner instanceof z.ZodType ? allOptionNames(inner) : []))];
}

/** Parses options against a schema. Throws INVALID_OPTIONS with every problem. */
export function parseOptions<O extends z.ZodType>(where: string, schema: O, options: unknown): z.output<O> {
  const parsed = schema.safeParse(options ?? {});
  if (parsed.success) return parsed.data;
  const names = optionNames(schema);
  throw reportProblems('INVALID_OPTIONS', `Invalid options for "${where}":`, describeIssues(parsed.error, allOptionNames(schema)), {
    hint: names.length > 0 ? `options are ${names.join(', ')}.` : 'it takes no options.',
  });
}

function collect(plugins: readonly Plugin[]): Map<string, { component: Component; plugin: Plugin }> {
  const table = new Map<string, { component: Component; plugin: Plugin }>();
  for (const plugin of plugins) {
    if (plugin.specVersion !== SPEC_VERSION) {
      throw new ReidError(
        'PLUGIN_UNSUPPORTED',
        `Plugin ${plugin.name}@${plugin.version} follows plugin contract ${plugin.specVersion}; this core knows ${SPEC_VERSION}.`,
        { hint: `install a version of ${plugin.name} made for @reidkit/core-tensor with contract ${SPEC_VERSION}, or another core.` },
      );
    }
    for (const [id, component] of Object.entries(plugin.components)) {
      const held = table.get(id);
      if (held) {
        throw new ReidError(
          'PLUGIN_CONFLICT',
          `Component "${id}" is offered by both ${held.plugin.name}@${held.plugin.version} and ${plugin.name}@${plugin.version}.`,
          { hint: 'leave one of the two out, or rename the component in your own package.' },
        );
      }
      table.set(id, { component, plugin });
    }
  }
  return table;
}

/**
 * Puts plugins together. Nothing is global: two registries know nothing of each other.
 * Throws PLUGIN_CONFLICT when two plugins offer one id, PLUGIN_UNSUPPORTED for a plugin of another contract.
 *
 * @example
 * ```ts
 * import { createRegistry, defineComponent, definePlugin } from '@reidkit/core-tensor';
 * import { z } from 'zod';
 * const double = defineComponent({
 *   summary: 'Twice a number.',
 *   options: z.strictObject({ value: z.number() }),
 *   build: ({ value }) => value * 2,
 * });
 * const registry = createRegistry(definePlugin({ name: 'mine', version: '1.0.0', specVersion: 1, components: { 'number/double': double } }));
 * console.assert(registry.build({ use: 'number/double', options: { value: 4 } }) === 8);
 * ```
 */
export function createRegistry<const P extends readonly Plugin[]>(...plugins: P): TypedRegistry<ComponentsOf<P>> {
  const table = collect(plugins);
  const names = [...table.keys()].sort();

  const component = (id: string): Component => {
    const entry = table.get(id);
    if (entry) return entry.component;
    const kind = id.split('/')[0];
    const same = names.filter((name) => name.startsWith(`${kind}/`));
    throw new ReidError(
      'UNKNOWN_COMPONENT',
      `Unknown component "${id}".${didYouMean(id, names)} Registered${same.length > 0 ? ` ${kind}s` : ''}: ${(same.length > 0 ? same : names).join(', ') || '(none)'}.`,
      {
        hint: 'a component of another package is found when its plugin is given to createRegistry(), or listed under "plugins" in the recipe.',
      },
    );
  };

  const use = <Built>(node: Node): Built => {
    if (!isNode(node)) throw new ReidError('INVALID_OPTIONS', `Expected a node { use, options }, got ${JSON.stringify(node)}.`);
    const found = component(node.use);
    return found.build(parseOptions(node.use, found.options, node.options), use) as Built;
  };

  const resolveDeep = (value: unknown, problems: ReidError[]): unknown => {
    if (isNode(value)) return resolveNode(value, problems);
    if (Array.isArray(value)) return value.map((inner) => resolveDeep(inner, problems));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolveDeep(inner, problems)]));
  };
  const resolveNode = ({ use: id, options }: Node, problems: ReidError[]): Node => {
    try {
      return { use: id, options: resolveDeep(parseOptions(id, component(id).options, options), problems) };
    } catch (error) {
      if (!ReidError.is(error)) throw error;
      problems.push(error);
      resolveDeep(options, problems); // for the problems of nested nodes
      return { use: id, options };
    }
  };
  const resolve = (node: unknown): Node => {
    if (!isNode(node)) throw new ReidError('INVALID_OPTIONS', `Expected a node { use, options }, got ${JSON.stringify(node)}.`);
    const problems: ReidError[] = [];
    const resolved = resolveNode(node, problems);
    if (problems.length === 0) return resolved;
    if (problems.length === 1) throw problems[0]!;
    const lines = problems.map(({ message }) => message.replaceAll('\n', '\n    '));
    throw reportProblems('INVALID_OPTIONS', `${problems.length} components of "${node.use}" cannot be built:`, lines);
  };

  return { names, plugins, component, use, build: use, resolve } as unknown as TypedRegistry<ComponentsOf<P>>;
}

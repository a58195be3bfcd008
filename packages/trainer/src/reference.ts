import { didYouMean, ReidError } from '@reidkit/core-tensor';

/** Facts that a recipe may refer to, nested. */
export type Facts = { readonly [name: string]: number | string | boolean | readonly number[] | Facts };

const isReference = (value: unknown): value is { readonly $ref: string } =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 1 && typeof (value as { $ref?: unknown }).$ref === 'string';

function names(facts: Facts, prefix = ''): string[] {
  return Object.entries(facts).flatMap(([name, value]) =>
    typeof value === 'object' && !Array.isArray(value) ? names(value as Facts, `${prefix}${name}.`) : [`${prefix}${name}`],
  );
}

/** An own property, so that names like `constructor` lead nowhere. */
const own = (at: unknown, name: string): unknown =>
  typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? (at as Facts)[name] : undefined;

function lookUp(path: string, facts: Facts): unknown {
  const found = path.split('.').reduce<unknown>(own, facts);
  if (found !== undefined) return found;
  const known = names(facts);
  throw new ReidError('RECIPE_INVALID', `The recipe refers to "${path}", which is not known.${didYouMean(path, known)}`, {
    hint: `it may refer to ${known.join(', ')}.`,
  });
}

/**
 * Replaces every `{ "$ref": "data.classes" }` by the fact of that name; gives a copy. Throws RECIPE_INVALID for a name that is not known.
 *
 * @example
 * ```ts
 * import { resolveReferences } from '@reidkit/trainer';
 * const options = resolveReferences({ classes: { $ref: 'data.classes' } }, { data: { classes: 751 } });
 * console.assert(options.classes === 751);
 * ```
 */
export function resolveReferences<T>(
  json: T,
  facts: Facts,
): T extends { $ref: string } ? unknown : { [K in keyof T]: never } & Record<string, unknown> {
  const walk = (value: unknown): unknown => {
    if (isReference(value)) return lookUp(value.$ref, facts);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]));
    return value;
  };
  return walk(json) as never;
}

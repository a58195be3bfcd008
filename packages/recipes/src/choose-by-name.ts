import { didYouMean, ReidError } from '@reidkit/core-tensor';

/** An entry of a recipe's table of presets or sizes. Throws UNKNOWN_NAME, listing those there are. */
export function chooseByName<T>(recipe: string, what: string, name: string, table: Readonly<Record<string, T>>): T {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (found) return found;
  const known = Object.keys(table);
  throw new ReidError(
    'UNKNOWN_NAME',
    `The recipe "${recipe}" has no ${what} "${name}".${didYouMean(name, known)} It has ${known.join(', ')}.`,
  );
}

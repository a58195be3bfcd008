import { ReidError, didYouMean, modulePlaces, pathPattern, type Module, type ModulePlace } from '@reidkit/core-tensor';

/** A place of a module that an adapter may go to, under the path by which patterns name it. */
export interface NamedPlace {
  readonly path: string;
  readonly place: ModulePlace;
}

const LISTED = 12;

/**
 * The places that any of the patterns names, of those that `accept` gives for each module of the tree. Throws UNKNOWN_NAME for a pattern that
 * names none, with the places there are.
 */
export function findPlaces(root: Module, patterns: readonly string[], accept: (place: ModulePlace) => readonly string[]): NamedPlace[] {
  const all = [...modulePlaces(root)].flatMap((place) => accept(place).map((path): NamedPlace => ({ path, place })));
  const paths = all.map(({ path }) => path);
  for (const pattern of patterns) {
    if (paths.some(pathPattern(pattern))) continue;
    const more = paths.length > LISTED ? ` and ${paths.length - LISTED} more` : '';
    const hint = paths.length > 0 ? `there are ${paths.slice(0, LISTED).join(', ')}${more}.` : 'it has none at all.';
    throw new ReidError('UNKNOWN_NAME', `No place for the adapter matches "${pattern}".${didYouMean(pattern, paths)}`, { hint });
  }
  const tests = patterns.map(pathPattern);
  return all.filter(({ path }) => tests.some((test) => test(path)));
}

/** Those of the places that lie in none of the others. */
export function outermost(places: readonly NamedPlace[]): NamedPlace[] {
  return places.filter(({ path }) => !places.some((other) => path.startsWith(`${other.path}.`)));
}

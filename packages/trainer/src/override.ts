import { didYouMean, ReidError } from '@reidkit/core-tensor';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Reads `value` as JSON where it is JSON, else as text: `10`, `true`, `[1,2]`, `paper`. */
function parseValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

const isNode = (at: Json): at is { [key: string]: Json } => typeof at === 'object' && at !== null && 'use' in at;

function child(at: Json, key: string, path: string): Json {
  if (typeof at !== 'object' || at === null) throw new ReidError('RECIPE_INVALID', `--set ${path}: "${key}" is inside a plain value.`);
  const held = Object.hasOwn(at, key) ? (at as Record<string, Json>)[key] : undefined;
  if (held === undefined) {
    const keys = Object.keys(at);
    throw new ReidError('RECIPE_INVALID', `--set ${path}: there is no "${key}".${didYouMean(key, keys)}`, {
      hint: `here are ${keys.join(', ')}.`,
    });
  }
  return held;
}

/**
 * Changes values of a recipe by paths (`stages.0.epochs=10`); gives a copy. Options of a component that the recipe leaves at their default
 * may be set too (`model.options.width=96`); whether they exist is checked when the component is built. Throws RECIPE_INVALID for a path that
 * leads nowhere, naming the nearest key.
 */
export function applyOverrides<T>(recipe: T, overrides: readonly string[]): T {
  // Written and read again, so that what stands in two places (a data set) is two values: structuredClone would keep it one.
  const copy = JSON.parse(JSON.stringify(recipe)) as T;
  for (const override of overrides) {
    const split = override.indexOf('=');
    if (split < 1)
      throw new ReidError('RECIPE_INVALID', `--set expects path=value, got "${override}".`, {
        hint: 'for example --set stages.0.epochs=10.',
      });
    const path = override.slice(0, split);
    const keys = path.split('.');
    const last = keys.pop()!;
    let at = copy as Json;
    for (const [depth, key] of keys.entries()) {
      if (key === 'options' && isNode(at)) at.options ??= {};
      at = child(at, key, keys.slice(0, depth + 1).join('.'));
    }
    if (keys.at(-1) !== 'options') child(at, last, path);
    (at as Record<string, Json>)[last] = parseValue(override.slice(split + 1));
  }
  return copy;
}

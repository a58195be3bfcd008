import { ReidError } from './errors.ts';
import { didYouMean } from './nearest-name.ts';

/** A test of parameter paths. In a pattern `*` stands for any text, dots included: `*.bias`, `classifier.*`, `*`. */
export function pathPattern(pattern: string): (path: string) => boolean {
  const expression = new RegExp(`^${pattern.split('*').map(escape).join('.*')}$`);
  return (path) => expression.test(path);
}

const escape = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');

/** Paths that match any of the patterns, in their own order. Throws UNKNOWN_NAME for a pattern that matches none. */
export function selectPaths(paths: readonly string[], patterns: readonly string[]): string[] {
  for (const pattern of patterns) {
    if (!paths.some(pathPattern(pattern))) {
      throw new ReidError('UNKNOWN_NAME', `No parameter matches "${pattern}".${didYouMean(pattern, paths)}`, {
        hint: '`*` stands for any text; `reidkit recipes show NAME` lists the parameters.',
      });
    }
  }
  const tests = patterns.map(pathPattern);
  return paths.filter((path) => tests.some((test) => test(path)));
}

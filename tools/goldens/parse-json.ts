const TOKENS = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;
const NAMED = new Map<unknown, number>([
  ['nan', NaN],
  ['inf', Infinity],
  ['-inf', -Infinity],
]);
const MARK = '\u0000number ';

/** Reads JSON as Python writes it: `NaN`, `Infinity` and `-Infinity` are numbers. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const quoted = text.replace(TOKENS, (token) => (token.startsWith('"') ? token : JSON.stringify(MARK + token)));
    return JSON.parse(quoted, (_key, value: unknown) =>
      typeof value === 'string' && value.startsWith(MARK) ? Number(value.slice(MARK.length)) : value,
    );
  }
}

/** A number of a case's JSON, where `"nan"`, `"inf"` and `"-inf"` are texts. Throws TypeError for anything else. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  const named = NAMED.get(value);
  if (named === undefined) throw new TypeError(`expected a number, got ${JSON.stringify(value)}`);
  return named;
}

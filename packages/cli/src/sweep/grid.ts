import { createHash } from 'node:crypto';

/** One axis of a grid: a path in the recipe and the values that it takes, as they were typed. */
export interface GridAxis {
  readonly path: string;
  readonly values: readonly string[];
}

/** One run of a sweep: a value for every axis, and a seed. */
export interface SweepPoint {
  /** `path=value` of every axis, in the order of the axes. */
  readonly overrides: readonly string[];
  /** Undefined for that of the recipe. */
  readonly seed: number | undefined;
  /** Name of its folder, made of overrides and seed. */
  readonly folder: string;
}

/** More runs than these are refused: a typing error costs days. */
export const MOST_RUNS = 500;

const OPENING = '[{(';
const CLOSING = ']})';

/** Splits at commas outside of brackets and quotes, so that values may be JSON: `[1,2],[3,4]`. */
function splitValues(text: string): string[] {
  const values: string[] = [];
  let depth = 0;
  let isQuoted = false;
  let begin = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"' && text[at - 1] !== '\\') isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (OPENING.includes(character)) depth++;
    else if (CLOSING.includes(character)) depth--;
    else if (character === ',' && depth === 0) {
      values.push(text.slice(begin, at).trim());
      begin = at + 1;
    }
  }
  return [...values, text.slice(begin).trim()];
}

/** What is wrong with an axis by itself; undefined for nothing. */
function axisProblem({ path, values }: GridAxis, earlier: readonly GridAxis[]): string | undefined {
  if (path === 'seed') return '--grid seed: seeds are given by --seeds, so that their spread is counted.';
  if (path === 'preset' || path === 'size')
    return `--grid ${path}: a sweep has one ${path}, given by --${path}; in the recipe it is only a name.`;
  if (earlier.some((axis) => axis.path === path)) return `--grid ${path}: the path is given twice; write all its values in one --grid.`;
  if (values.every((value) => value === '')) return `--grid ${path}: there are no values.`;
  if (values.includes('')) return `--grid ${path}: a value is empty, in "${values.join(',')}".`;
  const repeated = values.find((value, at) => values.indexOf(value) !== at);
  return repeated === undefined ? undefined : `--grid ${path}: the value "${repeated}" is given twice.`;
}

/** Axes of `--grid path=a,b,c` texts, and everything that is wrong with them by themselves. */
export function parseGrid(texts: readonly string[]): { readonly axes: GridAxis[]; readonly problems: string[] } {
  const axes: GridAxis[] = [];
  const problems: string[] = [];
  for (const text of texts) {
    const split = text.indexOf('=');
    if (split < 1) {
      problems.push(`--grid expects path=value,value,…, got "${text}".`);
      continue;
    }
    const axis = { path: text.slice(0, split).trim(), values: splitValues(text.slice(split + 1)) };
    const problem = axisProblem(axis, axes);
    if (problem === undefined) axes.push(axis);
    else problems.push(problem);
  }
  return { axes, problems };
}

/** A name that every file system takes; one that had to be changed or cut ends with a hash of the whole. */
function folderName(parts: readonly string[]): string {
  const whole = parts.join(',');
  const plain = whole.replace(/[^\w.=,+-]+/g, '-');
  if (plain === whole && plain.length <= 150) return plain;
  return `${plain.slice(0, 140)}-${createHash('sha256').update(whole).digest('hex').slice(0, 8)}`;
}

/** How many runs a grid has. */
export const countRuns = (axes: readonly GridAxis[], seeds: readonly number[]): number =>
  axes.reduce((product, { values }) => product * values.length, Math.max(1, seeds.length));

/** Every combination of the values, the last axis fastest, and of the seeds: the seeds of one setting follow one another. */
export function gridPoints(axes: readonly GridAxis[], seeds: readonly number[]): SweepPoint[] {
  const settings = axes.reduce<string[][]>(
    (held, { path, values }) => held.flatMap((setting) => values.map((value) => [...setting, `${path}=${value}`])),
    [[]],
  );
  const choices = seeds.length === 0 ? [undefined] : seeds;
  return settings.flatMap((overrides) =>
    choices.map((seed) => ({ overrides, seed, folder: folderName([...overrides, ...(seed === undefined ? [] : [`seed=${seed}`])]) })),
  );
}

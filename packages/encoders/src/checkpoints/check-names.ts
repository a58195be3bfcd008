import { formatShape, pathPattern } from '@reidkit/core-tensor';
import type { Layout } from './key-table.ts';
import { namePattern, type NamePattern } from './name-pattern.ts';

/** A tensor whose shape does not fit, and in which way. */
export interface MisshapenTensor {
  readonly name: string;
  readonly sentence: string;
}

/** How names and shapes meet a layout. */
export interface NameReport {
  /** Names of the layout that are not there. */
  readonly missing: readonly string[];
  /** Names that are not in the layout. */
  readonly unexpected: readonly string[];
  /** Tensors whose shapes do not fit the others. */
  readonly misshapen: readonly MisshapenTensor[];
  /** Names that are left out by rule. */
  readonly ignored: readonly string[];
  /** Sizes of the layout, as far as shapes tell them. */
  readonly sizes: Readonly<Record<string, number>>;
}

interface Row {
  readonly pattern: NamePattern;
  readonly text: string;
  readonly shape: readonly string[];
  readonly isOptional: boolean;
}

interface Match {
  readonly name: string;
  readonly row: Row;
  readonly parts: readonly string[];
  readonly shape: readonly number[];
}

const DIMENSION = /^(\d*)([A-Za-z]?)$/;

function rowsOf({ tensors, optional = {} }: Layout): Row[] {
  const rows = (shapes: Layout['tensors'], isOptional: boolean): Row[] =>
    Object.entries(shapes).map(([text, shape]) => ({
      pattern: namePattern(text),
      text,
      shape: shape.split(' ').filter(Boolean),
      isOptional,
    }));
  return [...rows(tensors, false), ...rows(optional, true)];
}

/** Which layer, block or file a small letter belongs to. */
const scopeOf = ({ row, parts }: Match): string => namePattern(row.pattern.stem).fill(parts);

/** What a dimension is written as: a factor and a letter with its scope, or a number alone. */
function term(dimension: string, match: Match): { readonly factor: number; readonly letter?: string } | undefined {
  const [, digits = '', letter = ''] = DIMENSION.exec(dimension) ?? [];
  if (dimension === '*') return undefined;
  const factor = digits === '' ? 1 : Number(digits);
  if (letter === '') return { factor };
  return { factor, letter: letter === letter.toUpperCase() ? letter : `${letter} of ${scopeOf(match)}` };
}

/** The length that most shapes say for each letter. */
function solveLetters(matches: readonly Match[]): ReadonlyMap<string, number> {
  const votes = new Map<string, Map<number, number>>();
  for (const match of matches) {
    if (match.shape.length !== match.row.shape.length) continue;
    match.row.shape.forEach((dimension, axis) => {
      const { factor = 1, letter } = term(dimension, match) ?? {};
      const length = match.shape[axis]! / factor;
      if (letter === undefined || !Number.isInteger(length)) return;
      const counts = votes.get(letter) ?? new Map<number, number>();
      votes.set(letter, counts.set(length, (counts.get(length) ?? 0) + 1));
    });
  }
  return new Map([...votes].map(([letter, counts]) => [letter, [...counts].reduce((most, vote) => (vote[1] > most[1] ? vote : most))[0]]));
}

/** The shape that a tensor should have; `?` where nothing says. */
function expectedShape(match: Match, letters: ReadonlyMap<string, number>): (number | string)[] {
  return match.row.shape.map((dimension) => {
    const { factor = 0, letter } = term(dimension, match) ?? { letter: '' };
    if (letter === undefined) return factor;
    const length = letters.get(letter);
    return length === undefined ? '?' : factor * length;
  });
}

function misshapenOf(matches: readonly Match[], letters: ReadonlyMap<string, number>): MisshapenTensor[] {
  return matches.flatMap((match) => {
    const expected = expectedShape(match, letters);
    const fits = expected.length === match.shape.length && expected.every((length, axis) => length === '?' || length === match.shape[axis]);
    if (fits) return [];
    return [{ name: match.name, sentence: `"${match.name}" expected ${formatShape(expected)}, got ${formatShape(match.shape)}` }];
  });
}

/** For each stem with a hole, what fills the holes before the last one, and the largest number in that. */
function largestNumbers(matches: readonly Match[]): ReadonlyMap<string, number> {
  const largest = new Map<string, number>();
  for (const { row, parts } of matches) {
    const number = Number(parts.at(-1));
    if (parts.length > 0 && Number.isInteger(number)) largest.set(row.pattern.stem, Math.max(largest.get(row.pattern.stem) ?? -1, number));
  }
  return largest;
}

/** Far more than any network has layers; the rest of a file that claims more is reported as it stands. */
const MAX_LAYERS = 1000;

function missingOf(rows: readonly Row[], largest: ReadonlyMap<string, number>, names: ReadonlySet<string>): string[] {
  return rows.flatMap(({ pattern, text, isOptional }) => {
    if (isOptional) return [];
    const count = text.includes('{}') ? Math.min(largest.get(pattern.stem) ?? 0, MAX_LAYERS) + 1 : 1;
    return Array.from({ length: count }, (_, i) => pattern.fill([String(i)])).filter((name) => !names.has(name));
  });
}

function sizesOf({ sizes }: Layout, letters: ReadonlyMap<string, number>, largest: ReadonlyMap<string, number>): Record<string, number> {
  const found = Object.entries(sizes).map(([name, place]) => {
    const last = largest.get(place.slice(1));
    return [name, place.startsWith('#') ? (last === undefined ? undefined : last + 1) : letters.get(place)] as const;
  });
  return Object.fromEntries(found.filter((entry): entry is [string, number] => entry[1] !== undefined));
}

/** Whether a name is one of these; `*` stands for any text. */
export function isListed(patterns: readonly string[]): (name: string) => boolean {
  const tests = patterns.map((pattern) => pathPattern(pattern));
  return (name) => tests.some((test) => test(name));
}

/** Compares names and shapes with a layout: all that is missing, unexpected and misshapen at once, and the sizes that shapes tell. */
export function checkNames(layout: Layout, shapes: ReadonlyMap<string, readonly number[]>): NameReport {
  const rows = rowsOf(layout);
  const isIgnored = isListed(layout.ignored ?? []);
  const matches: Match[] = [];
  const unexpected: string[] = [];
  const ignored: string[] = [];
  for (const [name, shape] of shapes) {
    const row = rows.find(({ pattern }) => pattern.match(name));
    if (row) matches.push({ name, row, parts: row.pattern.match(name)!, shape });
    else (isIgnored(name) ? ignored : unexpected).push(name);
  }
  const letters = solveLetters(matches);
  const largest = largestNumbers(matches);
  return {
    missing: missingOf(rows, largest, new Set(shapes.keys())),
    unexpected,
    misshapen: misshapenOf(matches, letters),
    ignored,
    sizes: sizesOf(layout, letters, largest),
  };
}

/** A sentence for each problem of a report. */
export function problemsOf({ missing, unexpected, misshapen }: Pick<NameReport, 'missing' | 'unexpected' | 'misshapen'>): string[] {
  return [
    ...missing.map((name) => `missing "${name}"`),
    ...unexpected.map((name) => `unexpected "${name}"`),
    ...misshapen.map(({ sentence }) => sentence),
  ];
}

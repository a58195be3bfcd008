import type { CaseResult } from './run-cases.ts';

const WORDS = { passed: 'pass', failed: 'FAIL', skipped: 'skip' } as const;

const count = (number: number, word: string): string => `${number} ${word}`;

function facts({ compared, share, bothNaN, milliseconds }: CaseResult): string {
  const parts = [
    count(compared, 'compared'),
    ...(share > 0 ? [`at most ${share.toPrecision(2)} of the tolerance`] : []),
    ...(bothNaN > 0 ? [`${count(bothNaN, 'numbers')} NaN as wanted`] : []),
    `${Math.round(milliseconds)} ms`,
  ];
  return `(${parts.join(', ')})`;
}

/** One line of a case, and below it what differed. */
export function caseLines(result: CaseResult): string[] {
  const { title, outcome, lines } = result;
  if (outcome === 'skipped') return [`skip  ${title}  ${lines.join('; ')}`];
  return [`${WORDS[outcome]}  ${title}  ${facts(result)}`, ...lines.map((line) => `      ${line}`)];
}

/** How many passed, failed and were skipped. */
export function totals(results: readonly CaseResult[]): Readonly<Record<CaseResult['outcome'], number>> {
  const of = (outcome: CaseResult['outcome']): number => results.filter((result) => result.outcome === outcome).length;
  return { passed: of('passed'), failed: of('failed'), skipped: of('skipped') };
}

/** `N passed, N failed, N skipped`. */
export function totalLine(results: readonly CaseResult[]): string {
  const { passed, failed, skipped } = totals(results);
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** A table of the families, those that failed last so that they stand next to the total. */
export function familyLines(results: readonly CaseResult[]): string[] {
  const families = [...new Set(results.map(({ family }) => family))];
  const rows = families.map((family) => ({ family, ...totals(results.filter((result) => result.family === family)) }));
  rows.sort((a, b) => a.failed - b.failed || b.skipped - a.skipped || a.family.localeCompare(b.family));
  const width = Math.max(6, ...families.map((family) => family.length));
  const cells = (values: readonly unknown[]): string => values.map((value) => String(value).padStart(8)).join('');
  return [
    `${'family'.padEnd(width)}${cells(['passed', 'failed', 'skipped'])}`,
    ...rows.map(({ family, passed, failed, skipped }) => `${(family || '?').padEnd(width)}${cells([passed, failed, skipped])}`),
  ];
}

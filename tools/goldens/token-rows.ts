import type { GoldenReport } from './adapter.ts';

const shown = (value: unknown): string => JSON.stringify(value) ?? 'nothing';

/** Records whether something computed from a text is what the case has; nothing is checked where the case has none. */
export function checkSame(report: GoldenReport, name: string, got: unknown, want: unknown): void {
  if (want === undefined) return;
  report.check(name, shown(got) === shown(want), `got ${shown(got).slice(0, 200)}, want ${shown(want).slice(0, 200)}`);
}

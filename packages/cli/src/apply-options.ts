import { UsageError } from './usage-error.ts';

/** Nested options from `a.b=3` texts; values are JSON where they are JSON, else text. Throws UsageError. */
export function applyOptions(assignments: readonly string[]): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const assignment of assignments) {
    const split = assignment.indexOf('=');
    if (split < 1) throw new UsageError(`--set expects option=value, got "${assignment}".`);
    const keys = assignment.slice(0, split).split('.');
    const last = keys.pop()!;
    let at = options;
    for (const key of keys) at = (at[key] ??= {}) as Record<string, unknown>;
    const text = assignment.slice(split + 1);
    try {
      at[last] = JSON.parse(text);
    } catch {
      at[last] = text;
    }
  }
  return options;
}

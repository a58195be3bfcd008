import { readFileSync } from 'node:fs';
import type { Outcome } from './run-suite.ts';

/** Tests that are not run, or that are known to fail, with the reason. */
export interface KnownFailures {
  readonly skipped: readonly { readonly reason: string; readonly pattern: string }[];
  readonly failures: readonly { readonly reason: string; readonly engines: readonly string[]; readonly tests: readonly string[] }[];
}

/** The committed list. */
export function readKnownFailures(): KnownFailures {
  return JSON.parse(readFileSync(new URL('known-failures.json', import.meta.url), 'utf8')) as KnownFailures;
}

/** The reason why a test is not run, if there is one. */
export function skipReason({ skipped }: KnownFailures, test: string): string | undefined {
  return skipped.find(({ pattern }) => new RegExp(pattern, 'i').test(test))?.reason;
}

/** The reason why a test is known to fail on an engine, if there is one. */
export function failureReason({ failures }: KnownFailures, { engine, test }: Pick<Outcome, 'engine' | 'test'>): string | undefined {
  return failures.find(({ engines, tests }) => engines.includes(engine) && tests.includes(test))?.reason;
}

/** Tests of the list that failed on no engine that they are listed for, as `engine: test`. */
export function outdated({ failures }: KnownFailures, outcomes: readonly Outcome[]): string[] {
  const failed = new Set(outcomes.filter(({ status }) => status === 'failed').map(({ engine, test }) => `${engine}: ${test}`));
  const ran = new Set(outcomes.map(({ engine }) => engine));
  return failures.flatMap(({ engines, tests }) =>
    engines
      .filter((engine) => ran.has(engine))
      .flatMap((engine) => tests.map((test) => `${engine}: ${test}`))
      .filter((entry) => !failed.has(entry)),
  );
}

import type { ReidError } from '@reidkit/core-tensor';
import { UsageError } from './usage-error.ts';

/** Tells an error thrown on purpose without loading the core, which takes longer than the rest of a command that only fails. */
const isReidError = (error: unknown): error is ReidError =>
  typeof error === 'object' && error !== null && Symbol.for('reidkit.error') in error;

/** 0 fine, 1 failed, 2 wrong usage, 130 interrupted. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return 2;
  return isReidError(error) && error.code === 'INTERRUPTED' ? 130 : 1;
}

/** An error as a person should see it. */
export function explain(error: unknown): string {
  if (isReidError(error) || error instanceof UsageError) return `reidkit: ${error.message}`;
  return `reidkit: something went wrong that should not. Please report it.\n${(error as Error).stack ?? String(error)}`;
}

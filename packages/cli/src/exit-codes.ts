import { ReidError } from '@reidkit/core-tensor';
import { UsageError } from './usage-error.ts';

/** 0 fine, 1 failed, 2 wrong usage, 130 interrupted. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return 2;
  if (ReidError.is(error) && error.code === 'INTERRUPTED') return 130;
  return 1;
}

/** An error as a person should see it. */
export function explain(error: unknown): string {
  if (ReidError.is(error) || error instanceof UsageError) return `reidkit: ${error.message}`;
  return `reidkit: something went wrong that should not. Please report it.\n${(error as Error).stack ?? String(error)}`;
}

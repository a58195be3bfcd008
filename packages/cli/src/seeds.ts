import { UsageError } from './usage-error.ts';

/** Seeds of `--seeds`: `1..5`, `1,2,7` or `3`. Throws UsageError. */
export function parseSeeds(text: string): number[] {
  const range = /^(\d+)\.\.(\d+)$/.exec(text);
  const seeds = range
    ? Array.from({ length: Number(range[2]) - Number(range[1]) + 1 }, (_, i) => Number(range[1]) + i)
    : text.split(',').map((part) => (/^\d+$/.test(part.trim()) ? Number(part) : NaN));
  if (seeds.length === 0 || seeds.length > 1000 || seeds.some((seed) => !Number.isSafeInteger(seed))) {
    throw new UsageError(`--seeds expects 1..5 or 1,2,7, got "${text}".`);
  }
  return seeds;
}

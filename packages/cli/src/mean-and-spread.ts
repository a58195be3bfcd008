/** Mean of some numbers and their standard deviation (divided by n − 1). */
export interface MeanAndSpread {
  readonly mean: number;
  /** 0 for a single number, of which nothing is known. */
  readonly spread: number;
  readonly count: number;
}

/** Mean and standard deviation of at least one number. */
export function meanAndSpread(values: readonly number[]): MeanAndSpread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, spread: Math.sqrt(squares / Math.max(1, values.length - 1)), count: values.length };
}

/** `71.6 ± 0.4` of fractions in percent; without a spread for a single value. */
export function inPercent({ mean, spread, count }: MeanAndSpread): string {
  return count > 1 ? `${(100 * mean).toFixed(1)} ± ${(100 * spread).toFixed(1)}` : (100 * mean).toFixed(1);
}

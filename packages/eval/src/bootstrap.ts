import { Random, ReidError } from '@reidkit/core-tensor/base';

/** An estimate and where it lies, with the given confidence. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** How an interval is found. */
export interface BootstrapOptions {
  readonly seed: number;
  /** Samples that are drawn. Default: 2000. */
  readonly samples?: number;
  /** Confidence, in (0, 1). Default: 0.95. */
  readonly level?: number;
}

/** The value between those at the two nearest places of a sorted list. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return low + (high - low) * (place - below);
}

/**
 * The mean of values, one per query, with a percentile interval from bootstrap samples over queries. Throws INVALID_ARGUMENT without values.
 * @see Efron, "Bootstrap Methods: Another Look at the Jackknife" (Annals of Statistics 1979).
 */
export function bootstrapMean(values: ArrayLike<number>, { seed, samples = 2000, level = 0.95 }: BootstrapOptions): Interval {
  const count = values.length;
  if (count === 0)
    throw new ReidError('INVALID_ARGUMENT', 'bootstrapMean expected values, got none.', {
      hint: 'evaluate on queries that can be judged.',
    });
  const root = Random.seed(seed).fork('bootstrap');
  const means = new Float64Array(samples);
  for (let sample = 0; sample < samples; sample++) {
    const stream = root.fork(sample).stream();
    let sum = 0;
    for (let i = 0; i < count; i++) sum += values[stream.integer(count)]!;
    means[sample] = sum / count;
  }
  means.sort();
  let total = 0;
  for (let i = 0; i < count; i++) total += values[i]!;
  return { value: total / count, low: quantile(means, (1 - level) / 2), high: quantile(means, (1 + level) / 2) };
}

/**
 * The mean of the differences `b − a`, query by query: much narrower than two intervals side by side, because hard queries are hard for both.
 * Throws SHAPE_MISMATCH for lists of different lengths.
 */
export function bootstrapDifference(a: ArrayLike<number>, b: ArrayLike<number>, options: BootstrapOptions): Interval {
  if (a.length !== b.length) {
    throw new ReidError('SHAPE_MISMATCH', `bootstrapDifference expected lists of one length, got ${a.length} and ${b.length}.`, {
      hint: 'compare evaluations of the same queries.',
    });
  }
  return bootstrapMean(Float64Array.from(a, (value, at) => b[at]! - value), options); // prettier-ignore
}

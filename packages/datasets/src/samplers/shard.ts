import { ReidError } from '@reidkit/core-tensor/base';

/** Which of several processes this is. */
export interface Shard {
  /** From 0. */
  readonly index: number;
  /** Number of processes. */
  readonly count: number;
}

/**
 * The batches of an epoch that one of several processes trains on: every `count`-th, as many for each process. No batch goes to two of them;
 * what is left over at the end goes to none. Throws INVALID_ARGUMENT when there are fewer batches than processes.
 */
export function shardBatches<T>(batches: readonly T[], { index, count }: Shard): T[] {
  if (!(Number.isInteger(count) && Number.isInteger(index) && index >= 0 && index < count)) {
    throw new ReidError('INVALID_ARGUMENT', `shardBatches expected an index from 0 below the count, got ${index} of ${count}.`);
  }
  const each = Math.floor(batches.length / count);
  if (each > 0) return Array.from({ length: each }, (_, round) => batches[round * count + index]!);
  throw new ReidError('INVALID_ARGUMENT', `${batches.length} batches cannot be shared out over ${count} processes.`, {
    hint: 'use smaller batches or fewer processes.',
  });
}

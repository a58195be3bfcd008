import type { Random } from '../random.ts';

/** What a sampler may look at: one entry per record of the split. */
export interface SamplingTable {
  /** Contiguous labels, 0 … C − 1. */
  readonly labels: Int32Array;
  /** Cameras from 0, −1 for unknown. */
  readonly cameras: Int32Array;
  readonly domains?: Int32Array;
}

/** Kind `sampler`: decides which records make the batches of an epoch. */
export interface Sampler {
  /** Records in a full batch. */
  readonly batchSize: number;
  /**
   * Batches of record positions for one epoch. A pure function: the same table and random place give the same batches, so that a run can go
   * on in the middle of an epoch. Throws DATASET_INVALID when the table cannot fill a single batch.
   */
  batches(table: SamplingTable, random: Random): Int32Array[];
}

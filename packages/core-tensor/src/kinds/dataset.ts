import type { ReidRecord } from './record.ts';

/** Size of one split. */
export interface SplitCounts {
  readonly records: number;
  readonly identities: number;
  readonly cameras: number;
}

/** Which data a number was made on: every result carries one. */
export interface Fingerprint {
  readonly dataset: string;
  /** Version or variant of the data set where it has several. */
  readonly version?: string;
  readonly splits: Readonly<Record<string, SplitCounts>>;
  /** SHA-256 over the sorted list of records, hexadecimal. */
  readonly hash: string;
}

/** A file that is there and was not taken, and the rule that says so. */
export interface Exclusion {
  readonly file: string;
  readonly rule: string;
}

/** A data set that was read: splits of records. Common names of splits are `train`, `query` and `gallery`. */
export interface Dataset {
  readonly name: string;
  /** Absolute path that record files are relative to. */
  readonly root: string;
  readonly splits: Readonly<Record<string, readonly ReidRecord[]>>;
  readonly fingerprint: Fingerprint;
  readonly excluded: readonly Exclusion[];
  /** Things that are odd but no error, for people. */
  readonly notes: readonly string[];
  /** Names behind the identity numbers, where the data set has names. */
  readonly identityNames?: Readonly<Record<number, string>>;
}

/** Kind `dataset`: reads a folder into records. */
export interface DatasetReader {
  readonly name: string;
  /** Reads the records. Throws FILE_NOT_FOUND or DATASET_INVALID, naming folder, rule and remedy. */
  read(): Promise<Dataset>;
}

import type { HostTensor } from '../host-tensor.ts';
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
  /** Relative to the data set's root, with forward slashes. */
  readonly file: string;
  readonly rule: string;
}

/** Something about a data set that its user should know. */
export interface Finding {
  /** `error`: what the data are for cannot work; `warning`: probably not meant so; `info`: good to know. */
  readonly severity: 'error' | 'warning' | 'info';
  /** The rule behind it, for programs: `missing-folder`, `single-camera` … */
  readonly rule: string;
  /** For people: what was found, where, and what can be done. */
  readonly message: string;
  /** The files it is about, relative to the data set's root; at most the first hundred. */
  readonly files?: readonly string[];
  /** How many files or identities it is about. */
  readonly count?: number;
}

/** A data set that was read: splits of records. Common names of splits are `train`, `query` and `gallery`. */
export interface Dataset {
  readonly name: string;
  /** Absolute path that record files are relative to. */
  readonly root: string;
  readonly splits: Readonly<Record<string, readonly ReidRecord[]>>;
  readonly fingerprint: Fingerprint;
  readonly excluded: readonly Exclusion[];
  /** What is odd about it. */
  readonly findings: readonly Finding[];
  /** Names behind the identity numbers, where the data set has names. */
  readonly identityNames?: readonly string[];
  /** Names behind the camera numbers, where the data set has names. */
  readonly cameraNames?: readonly string[];
  /** Names behind the outfit numbers, as the data set writes them. */
  readonly clothesNames?: readonly string[];
}

/** Kind `dataset`: reads a folder into records. */
export interface DatasetReader {
  readonly name: string;
  /** Reads the records. Throws FILE_NOT_FOUND or DATASET_INVALID, naming folder, rule and remedy. */
  read(): Promise<Dataset>;
}

// A type alias and no interface, so that it can be used as HostTensors.
/** The tensors of a batch; `B` records, images of `H` by `W` pixels. What a recipe did not ask for is absent. */
export type BatchTensors = {
  /** Position of the record in its split `[B]`; −1 for padding. */
  readonly index: HostTensor<'int32'>;
  /** `[B, H, W, 3]`, normalised; 0 for padding. */
  readonly images: HostTensor<'float32'>;
  /** Label in numeric order of the training identities `[B]`; −1 for an identity that is not trained on, and for padding. */
  readonly labels: HostTensor<'int32'>;
  /** From 0 `[B]`; −1 for unknown, and for padding. */
  readonly cameras: HostTensor<'int32'>;
  readonly views: HostTensor<'int32'>;
  /** Which of several sources `[B]`: the rank of its name; 0 where there is one. */
  readonly domains: HostTensor<'int32'>;
  /** `[B]`: false for padding and for images that were skipped. */
  readonly valid: HostTensor<'bool'>;
  /** Affine map from pixels of the input tensor to pixels of the original `[B, 2, 3]`: `x = m00 u + m01 v + m02`, edges at whole numbers. */
  readonly toOriginal: HostTensor<'float32'>;
  /** Outfit in numeric order of the training outfits `[B]`; −1 for unknown. */
  readonly clothesLabels?: HostTensor<'int32'>;
  /** Person mask `[B, H, W]` in {0, 1}. */
  readonly masks?: HostTensor<'float32'>;
  readonly masksValid?: HostTensor<'bool'>;
  /** Share of each cell that belongs to each part `[B, P, h, w]` in [0, 1]. */
  readonly partMasks?: HostTensor<'float32'>;
  readonly partMasksValid?: HostTensor<'bool'>;
  /** Part boxes in pixels of the input tensor `[B, P, 4]`, not cut to the image; 0 where absent. */
  readonly boxes?: HostTensor<'float32'>;
  readonly boxesValid?: HostTensor<'bool'>;
};

/** An image that could not be read and was left out by choice. */
export interface SkippedImage {
  /** Position of the record in its split. */
  readonly index: number;
  readonly file: string;
  readonly reason: string;
}

/** What a loader gives: records of one step, padded to the batch size. */
export interface Batch {
  readonly epoch: number;
  /** Number of the batch in its epoch, from 0. */
  readonly number: number;
  readonly tensors: BatchTensors;
  /** The record's captions, one list per place in the batch, where asked for. */
  readonly captions?: readonly (readonly string[])[];
  readonly skipped: readonly SkippedImage[];
}

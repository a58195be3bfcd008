import type { CropRecord, Node, SkippedImage } from '@reidkit/core-tensor/base';
import type { ImageDecoderOptions } from '../image/image-decoder.ts';
import type { CellRule } from './part-grid.ts';

/** Which regions become part masks. */
export interface PartMaskField {
  /** Names, in the order of the output's axis `P`. */
  readonly parts: readonly string[];
  /** Number of each part in mask images; 1, 2, 3 … by default. */
  readonly numbers?: readonly number[];
  /** Rows and columns of the grid. */
  readonly height: number;
  readonly width: number;
  /** `mask`: from part-number images; `boxes`: from part boxes; `any`: boxes where there is no image; `cells`: from a file of cells. */
  readonly source?: 'mask' | 'boxes' | 'any' | 'cells';
  /** File of cells below the root, `masks-….bin` with its index beside it. */
  readonly cells?: string;
  /** Share of the records that may be without; any by default. */
  readonly missing?: number;
  /** When a cell belongs to a part; `share` by default. */
  readonly rule?: CellRule;
}

/** What a batch carries beside images, labels and places. */
export interface LoaderFields {
  readonly masks?: boolean;
  readonly partMasks?: PartMaskField;
  /** Names of the parts whose boxes are given. */
  readonly boxes?: readonly string[];
  readonly captions?: boolean;
}

/** What every batch of a loader shares; plain data, because it goes to worker threads. */
export interface BatchSettings {
  readonly root: string;
  readonly seed: number;
  readonly batchSize: number;
  readonly transforms: readonly Node[];
  /** URLs of plugin modules beside the built-in one. */
  readonly plugins: readonly string[];
  readonly fields: LoaderFields;
  readonly decoder: ImageDecoderOptions;
  readonly onError: 'stop' | 'skip';
}

/** One place of a batch. */
export interface BatchItem {
  /** Position of the record in its split. */
  readonly index: number;
  /** How often the record came before in this epoch, so that repeats get other random numbers. */
  readonly occurrence: number;
  readonly record: CropRecord;
}

/** One batch to make. */
export interface BatchTask {
  readonly epoch: number;
  readonly number: number;
  readonly items: readonly BatchItem[];
  /** Images of a batch that is no longer needed: memory to write to. */
  readonly spare?: Float32Array;
}

/** Pixels of a batch, made apart from the main thread. */
export interface MadeBatch {
  readonly height: number;
  readonly width: number;
  readonly images: Float32Array;
  readonly valid: Uint8Array;
  readonly toOriginal: Float32Array;
  readonly masks?: Float32Array;
  readonly masksValid?: Uint8Array;
  readonly partMasks?: Float32Array;
  readonly partMasksValid?: Uint8Array;
  readonly boxes?: Float32Array;
  readonly boxesValid?: Uint8Array;
  readonly skipped: readonly SkippedImage[];
}

/** The buffers of a made batch, to be handed over without copying. */
export function buffersOf(made: MadeBatch): ArrayBuffer[] {
  return Object.values(made).flatMap((value) => (ArrayBuffer.isView(value) ? [value.buffer as ArrayBuffer] : []));
}

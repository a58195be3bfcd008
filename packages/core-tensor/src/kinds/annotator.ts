import type { Backend } from './backend.ts';
import type { Box, Instruction, MaskRuns } from './record.ts';
import type { Picture } from './transform.ts';

/** What an annotator is asked about: an image, or a person in one. */
export interface AnnotationItem {
  /** The image, relative to the data set's root. */
  readonly file: string;
  /** Size of the image in pixels. */
  readonly width: number;
  readonly height: number;
  /** The person in a frame that it is about; undefined when the image is of one person. */
  readonly person?: { readonly identity: number | null; readonly box: Box };
  /** What is known already. */
  readonly known: Annotation;
  /** The bytes of the image file. */
  bytes(): Promise<Uint8Array>;
}

/** What an annotator found out; boxes are in pixels of the image, null for a part that it looked for and did not see. */
export interface Annotation {
  readonly captions?: readonly string[];
  readonly partBoxes?: Readonly<Record<string, Box | null>>;
  readonly maskRuns?: MaskRuns;
  /** One channel of part numbers, 0 outside; it is written beside the sidecar. */
  readonly partMask?: Picture;
  readonly instruction?: Instruction;
  readonly attributes?: Readonly<Record<string, string | number | boolean | null>>;
  /** From 0 to 1, how far it is to be trusted. */
  readonly quality?: number;
}

/** What an annotator can find out. */
export type AnnotationFact = Exclude<keyof Annotation, 'quality'>;

/** Kind `annotator`: adds to the records of a data set what nobody has written down. */
export interface Annotator {
  /** Name of the sidecar that it fills, without the ending. */
  readonly name: string;
  /** What made the annotations, with its version: a changed producer does not go on with another's work. */
  readonly producer: string;
  /** The model behind it, where there is one. */
  readonly model?: string;
  /** Version of what it was asked, where it was asked something. */
  readonly prompt?: string;
  readonly gives: readonly AnnotationFact[];
  /** Makes ready what runs a model, before the first item; an annotator without one has none. Rejects when files are missing or wrong. */
  start?(backend: Pick<Backend, 'makeProgram'>): Promise<void>;
  /** Annotates an item; null when there is nothing to say. Rejects when it cannot go on at all. */
  annotate(item: AnnotationItem, signal?: AbortSignal): Promise<Annotation | null>;
}

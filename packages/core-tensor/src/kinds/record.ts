/** `[x0, y0, x1, y1]` in pixels of the original image, x1 and y1 exclusive. Readers and writers of other conventions convert. */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number];

/** What an instruction is: words, a picture, one of the record's captions, or a key of an instruction bank. */
export type Instruction = { readonly text: string } | { readonly image: string } | { readonly caption: number } | { readonly bank: string };

/** A mask as COCO writes it: runs down the columns as text, beginning with the pixels outside. */
export interface MaskRuns {
  readonly size: readonly [height: number, width: number];
  readonly counts: string;
}

/** Facts that a record of any form may have. */
interface RecordFacts {
  /** Files are relative to the data set's root, with forward slashes. */
  readonly split: string;
  /** Which of several sources this came from. */
  readonly domain?: string;
}

/** One person cut out of a frame: an image file. */
export interface CropRecord extends RecordFacts {
  readonly form: 'crop';
  readonly file: string;
  /** The identity as the data set numbers it; negative numbers are junk by the data set's own rule. */
  readonly identity: number;
  /** From 0; null where the data set knows none. */
  readonly camera: number | null;
  readonly view?: number;
  /** Outfit, unique over identities. */
  readonly clothes?: number;
  readonly modality?: 'visible' | 'infrared';
  readonly captions?: readonly string[];
  readonly instruction?: Instruction;
  /** A picture of the garment worn. */
  readonly garment?: string;
  /** Part name to box. */
  readonly partBoxes?: Readonly<Record<string, Box>>;
  /** Single-channel image of the person, 0 outside. */
  readonly mask?: string;
  /** The same without a file. */
  readonly maskRuns?: MaskRuns;
  /** Single-channel image of part numbers, 0 outside. */
  readonly partMask?: string;
  /** The part of the file that is meant, where the file is a whole frame; masks and boxes are of the frame. */
  readonly cut?: Box;
}

/** A person in a frame; `identity` null is a person whom nobody identified. */
export interface FramePerson {
  readonly identity: number | null;
  readonly box: Box;
  /** Single-channel image of the size of the frame, 0 outside. */
  readonly mask?: string;
  /** The same without a file. */
  readonly maskRuns?: MaskRuns;
  /** Part name to box, in pixels of the frame. */
  readonly partBoxes?: Readonly<Record<string, Box>>;
  readonly captions?: readonly string[];
}

/** A whole camera frame with the people in it. */
export interface FrameRecord extends RecordFacts {
  readonly form: 'frame';
  readonly file: string;
  readonly camera: number | null;
  readonly persons: readonly FramePerson[];
  /** Of a query: the frames that it is searched in, where the data set names them. */
  readonly gallery?: readonly string[];
}

/** Several images of one person, in order of time. */
export interface TrackletRecord extends RecordFacts {
  readonly form: 'tracklet';
  readonly files: readonly string[];
  readonly identity: number;
  readonly camera: number | null;
  readonly view?: number;
  /** Outfit, unique over identities. */
  readonly clothes?: number;
  readonly modality?: 'visible' | 'infrared';
  /** What is said of any of its images. */
  readonly captions?: readonly string[];
  readonly instruction?: Instruction;
}

/** A description of a person. */
export interface TextRecord extends RecordFacts {
  readonly form: 'text';
  readonly text: string;
  readonly identity: number;
  /** The image that it describes, where the data set tells. */
  readonly image?: string;
}

/** One item of a data set: raw values from disk, nothing decoded. */
export type ReidRecord = CropRecord | FrameRecord | TrackletRecord | TextRecord;

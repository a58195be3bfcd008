import type { Box } from '@reidkit/core-tensor/base';

/** A person found in a frame. */
export interface Detection {
  readonly box: Box;
  /** Confidence of the detector. */
  readonly score: number;
  /** Descriptor `[D]`; similarity is the dot product, so normalise it first. */
  readonly feature: ArrayLike<number>;
}

/** A frame that is searched. */
export interface SearchedFrame {
  /** −1 for unknown. */
  readonly camera: number;
  readonly detections: readonly Detection[];
}

/** A person to find. */
export interface SearchQuery {
  /** Position of the frame that the query was cut from, −1 for none of them: it is never searched. */
  readonly frame: number;
  readonly camera: number;
  readonly feature: ArrayLike<number>;
  /** Where the person truly is: at most one box in a frame. */
  readonly truth: readonly { readonly frame: number; readonly box: Box }[];
  /** Positions of the frames to search, such as a list of TestG100; all but its own when left out. */
  readonly gallery?: readonly number[];
  /** For context matching: descriptors of the query itself and then of other people in its frame, most confident first. */
  readonly context?: readonly ArrayLike<number>[];
}

/** Similarities of the query with the detections of one frame, unsure ones left out. */
export interface SearchedDetections<Found = Detection> {
  readonly frame: number;
  readonly detections: readonly Found[];
  /** Their positions among all of the frame. */
  readonly positions: readonly number[];
  readonly similarity: Float64Array;
}

/** Dot product of two descriptors, in float64. */
export function similarityOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}

import type { Box } from '@reidkit/core-tensor/base';
import { boxOverlap } from './box-overlap.ts';
import type { Detection } from './search-scene.ts';
import { steppedPrecision, type Scored } from './stepped-precision.ts';

/** True boxes and detections of a frame. */
export interface DetectedFrame {
  readonly truth: readonly Box[];
  readonly detections: readonly Pick<Detection, 'box' | 'score'>[];
}

/** How well people are found; fractions in [0, 1]. */
export interface DetectionScores {
  /** Share of true boxes that were found. */
  readonly recall: number;
  /** Average precision times recall. */
  readonly averagePrecision: number;
}

/** Position of the largest value, the first of equal ones. */
function largest(values: readonly number[]): number {
  let best = 0;
  values.forEach((value, at) => {
    if (value > values[best]!) best = at;
  });
  return best;
}

/** Which detections are each other's best match with a true box, overlapping enough. */
function rightDetections({ truth, detections }: DetectedFrame, minOverlap: number): boolean[] {
  if (truth.length === 0) return detections.map(() => false);
  // Single precision, in which the field's evaluator compares.
  const overlaps = truth.map((box) => detections.map((detection) => Math.fround(boxOverlap(box, detection.box))));
  const bestDetection = overlaps.map(largest);
  return detections.map((_, at) => {
    const best = largest(overlaps.map((row) => row[at]!));
    return bestDetection[best] === at && overlaps[best]![at]! >= minOverlap;
  });
}

/**
 * Scores the detections behind a person search: a detection is right when it and a true box overlap most with each other, by at least
 * `minOverlap`. Frames without a true box count with their false alarms; to count labelled people only, leave such frames out.
 */
export function scoreDetections(
  frames: readonly DetectedFrame[],
  { minScore = 0.5, minOverlap = 0.5 }: { readonly minScore?: number; readonly minOverlap?: number } = {},
): DetectionScores {
  const items: Scored[] = [];
  let people = 0;
  for (const { truth, detections } of frames) {
    people += truth.length;
    const kept = detections.filter(({ score }) => score >= minScore);
    const right = rightDetections({ truth, detections: kept }, minOverlap);
    kept.forEach(({ score }, at) => items.push({ score, right: right[at]! }));
  }
  const recall = people === 0 ? 0 : items.filter(({ right }) => right).length / people;
  return { recall, averagePrecision: steppedPrecision(items) * recall };
}

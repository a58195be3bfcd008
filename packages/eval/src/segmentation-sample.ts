import { ReidError } from '@reidkit/core-tensor/base';

/** How one predicted mask meets the true one, in pixels. */
export interface SegmentationSample {
  readonly intersection: number;
  /** Area of the predicted mask. */
  readonly predicted: number;
  /** Area of the true mask; 0 for somebody who is not in the picture. */
  readonly target: number;
  /** Whether the model said that nobody fits. */
  readonly isRejected: boolean;
}

/** Counts the pixels, set where not 0, of a predicted and a true mask of one size. Throws SHAPE_MISMATCH. */
export function segmentationSample(
  predicted: ArrayLike<number>,
  target: ArrayLike<number>,
  { isRejected = false }: { readonly isRejected?: boolean } = {},
): SegmentationSample {
  if (predicted.length !== target.length) {
    throw new ReidError(
      'SHAPE_MISMATCH',
      `segmentationSample expected masks of one size, got ${predicted.length} and ${target.length} pixels.`,
    );
  }
  const counts = { intersection: 0, predicted: 0, target: 0 };
  for (let i = 0; i < predicted.length; i++) {
    if (predicted[i] !== 0) counts.predicted++;
    if (target[i] !== 0) counts.target++;
    if (predicted[i] !== 0 && target[i] !== 0) counts.intersection++;
  }
  return { ...counts, isRejected };
}

/** The sample as a model without words for it would have answered: rejected when fewer than `fewest` pixels are predicted. */
export const rejectFewPixels = (sample: SegmentationSample, fewest = 50): SegmentationSample => ({
  ...sample,
  isRejected: sample.predicted < fewest,
});

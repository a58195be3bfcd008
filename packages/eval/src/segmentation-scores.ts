import { ReidError } from '@reidkit/core-tensor/base';
import type { SegmentationSample } from './segmentation-sample.ts';

/**
 * How answers are counted.
 *
 * - `generated`: what the model wrote counts. A target that is there and was rejected scores 0, and its area joins the union.
 * - `teacherForced`: the mask of a wrongly rejected target counts as if it had been asked for, which is what GSVA's evaluation does. Too good.
 * - `always`: no rejection is known; an empty answer to an empty target scores 1, as in LISA's validation.
 */
export type SegmentationReading = 'generated' | 'teacherForced' | 'always';

/** Options of {@link scoreSegmentation}. */
export interface SegmentationOptions {
  readonly reading?: SegmentationReading;
  /** Whether the area predicted for somebody who is not there joins the union of cIoU: true for gRefCOCO, false for sets like R-RefCOCO. */
  readonly countsFalseAreas?: boolean;
}

/** Figures of segmentation, fractions in [0, 1]; null where no sample can tell. */
export interface SegmentationScores {
  readonly reading: SegmentationReading;
  /** Mean over samples of intersection over union; for somebody who is not there 1 when rejected, else 0. */
  readonly gIoU: number;
  /** Sum of intersections over sum of unions. */
  readonly cIoU: number | null;
  /** Share of those who are not there that were rejected. */
  readonly nAcc: number | null;
  /** Share of those who are there that were not rejected. */
  readonly tAcc: number | null;
  readonly samples: number;
  /** Samples of somebody who is not there. */
  readonly emptyTargets: number;
}

/** What one sample adds: its own score and its part of the sums. */
interface Share {
  readonly score: number;
  readonly intersection: number;
  readonly union: number;
}

function shareOf(sample: SegmentationSample, reading: SegmentationReading, countsFalseAreas: boolean): Share {
  const { intersection, predicted, target, isRejected } = sample;
  const union = predicted + target - intersection;
  if (reading === 'always') return { score: union === 0 ? 1 : intersection / union, intersection, union };
  if (target === 0) return { score: Number(isRejected), intersection: 0, union: !isRejected && countsFalseAreas ? predicted : 0 };
  if (isRejected && reading === 'generated') return { score: 0, intersection: 0, union: target };
  return { score: intersection / union, intersection, union };
}

const shareIn = (all: readonly SegmentationSample[], count: (sample: SegmentationSample) => boolean): number | null =>
  all.length === 0 ? null : all.filter(count).length / all.length;

/**
 * gIoU, cIoU, N-acc and T-acc of masks, where some of those who are asked for are not in the picture. Throws INVALID_ARGUMENT without samples.
 *
 * @see https://arxiv.org/abs/2306.00968 for gRefCOCO, where the figures come from
 */
export function scoreSegmentation(
  samples: readonly SegmentationSample[],
  { reading = 'generated', countsFalseAreas = true }: SegmentationOptions = {},
): SegmentationScores {
  if (samples.length === 0) throw new ReidError('INVALID_ARGUMENT', 'scoreSegmentation expected at least one sample, got none.');
  const shares = samples.map((sample) => shareOf(sample, reading, countsFalseAreas));
  const sum = (pick: (share: Share) => number): number => shares.reduce((total, share) => total + pick(share), 0);
  const union = sum((share) => share.union);
  const empty = samples.filter(({ target }) => target === 0);
  const knowsRejection = reading !== 'always';
  return {
    reading,
    gIoU: sum(({ score }) => score) / samples.length,
    cIoU: union === 0 ? null : sum(({ intersection }) => intersection) / union,
    nAcc: knowsRejection ? shareIn(empty, ({ isRejected }) => isRejected) : null,
    tAcc: knowsRejection
      ? shareIn(
          samples.filter(({ target }) => target > 0),
          ({ isRejected }) => !isRejected,
        )
      : null,
    samples: samples.length,
    emptyTargets: empty.length,
  };
}

import type { Box } from '@reidkit/core-tensor/base';
import { BODY_PARTS, partStripe, type BodyPart } from './body-parts.ts';

/** Why a box was replaced by the stripe of its part. */
export type CalibrationRule = 'missing' | 'outside' | 'extent' | 'height' | 'area';

/** Bounds on part boxes. */
export interface PartBounds {
  /** Least and largest height of each part as a share of the person's height. */
  readonly height: Readonly<Record<BodyPart, readonly [least: number, most: number]>>;
  /** Largest share of the person's area. */
  readonly area: number;
  /** Least width and height, pixels. */
  readonly extent: number;
}

/** Bounds that hold for crops of whole people. */
export const PART_BOUNDS: PartBounds = { height: { head: [0.04, 0.4], upper: [0.12, 0.75], legs: [0.15, 0.75] }, area: 0.85, extent: 2 };

/** Boxes after calibration, and which were replaced. */
export interface CalibratedParts {
  readonly boxes: Readonly<Record<BodyPart, Box>>;
  readonly replaced: Readonly<Partial<Record<BodyPart, CalibrationRule>>>;
  /** Whether the parts lie from head to legs, by their middles. */
  readonly isOrdered: boolean;
}

/** A box cut to a region, corners in order; null when nothing is left of it. */
function cutTo(region: Box, [a, b, c, d]: Box): Box | null {
  const box: Box = [
    Math.max(region[0], Math.min(a, c)),
    Math.max(region[1], Math.min(b, d)),
    Math.min(region[2], Math.max(a, c)),
    Math.min(region[3], Math.max(b, d)),
  ];
  return box.every(Number.isFinite) && box[2] > box[0] && box[3] > box[1] ? box : null;
}

function ruleAgainst(part: BodyPart, box: Box, region: Box, bounds: PartBounds): CalibrationRule | null {
  const [width, height] = [box[2] - box[0], box[3] - box[1]];
  const [fullWidth, fullHeight] = [region[2] - region[0], region[3] - region[1]];
  if (Math.min(width, height) < bounds.extent) return 'extent';
  const [least, most] = bounds.height[part];
  if (height / fullHeight < least || height / fullHeight > most) return 'height';
  return (width * height) / (fullWidth * fullHeight) > bounds.area ? 'area' : null;
}

/**
 * Puts stripes in place of part boxes that cannot be right: missing ones, ones without extent, too low, too high or nearly the whole person; others
 * are cut to the region. `region` is the image, or the box of the person in a frame.
 */
export function calibratePartBoxes(
  boxes: Readonly<Record<string, Box | null | undefined>>,
  region: Box,
  bounds: PartBounds = PART_BOUNDS,
): CalibratedParts {
  const replaced: Partial<Record<BodyPart, CalibrationRule>> = {};
  const calibrated = BODY_PARTS.map((part): [BodyPart, Box] => {
    const given = boxes[part];
    const box = given ? cutTo(region, given) : null;
    const rule = box ? ruleAgainst(part, box, region, bounds) : given ? 'outside' : 'missing';
    if (rule === null) return [part, box!];
    replaced[part] = rule;
    return [part, partStripe(part, region)];
  });
  const middles = calibrated.map(([, [, y0, , y1]]) => y0 + y1);
  const isOrdered = middles.every((middle, i) => i === 0 || middle > middles[i - 1]!);
  return { boxes: Object.fromEntries(calibrated) as Record<BodyPart, Box>, replaced, isOrdered };
}

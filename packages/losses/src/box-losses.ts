import { abs, add, atan, concat, div, less, matchShape, maximum, minimum, mul, relu, reshape, slice, square, stopGradient, sub, where, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore

const EPSILON = 1e-7;

/** Corners of boxes, each of the shape that boxes have without their last axis, or ready to meet the boxes of another list. */
interface Corners {
  readonly x0: Tensor;
  readonly y0: Tensor;
  readonly x1: Tensor;
  readonly y1: Tensor;
}

function cornersOf(boxes: Tensor, what: string, shape?: readonly number[]): Corners {
  const { B } = matchShape(what, boxes.shape, ['B', 4]);
  const [x0, y0, x1, y1] = [0, 1, 2, 3].map((k) => reshape(slice(boxes, [0, k], [B!, 1]), [...(shape ?? [B!])])) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  return { x0, y0, x1, y1 };
}

const widthOf = ({ x0, x1 }: Corners): Tensor => sub(x1, x0);
const heightOf = ({ y0, y1 }: Corners): Tensor => sub(y1, y0);
const areaOf = (box: Corners): Tensor => mul(widthOf(box), heightOf(box));

/** How boxes meet: their union, the share of it that they have in common, and the box around both. */
interface Meeting {
  readonly union: Tensor;
  readonly overlap: Tensor;
  readonly around: Corners;
}

function meeting(a: Corners, b: Corners, epsilon: number): Meeting {
  const width = sub(minimum(a.x1, b.x1), maximum(a.x0, b.x0));
  const height = sub(minimum(a.y1, b.y1), maximum(a.y0, b.y0));
  const shared = mul(relu(width), relu(height));
  const union = sub(add(areaOf(a), areaOf(b)), shared);
  const around = { x0: minimum(a.x0, b.x0), y0: minimum(a.y0, b.y0), x1: maximum(a.x1, b.x1), y1: maximum(a.y1, b.y1) };
  return { union, overlap: div(shared, add(union, epsilon)), around };
}

/** What an overlap loses by the empty share of the box around both. */
function emptyShare({ union, around }: Meeting, epsilon: number): Tensor {
  const area = areaOf(around);
  return div(sub(area, union), add(area, epsilon));
}

/** What it loses by the distance of the middles, as a share of the diagonal of the box around both, each squared. */
function middleShare(a: Corners, b: Corners, { around }: Meeting): Tensor {
  const apart = (p: Tensor, q: Tensor, r: Tensor, s: Tensor): Tensor => square(div(sub(add(p, q), add(r, s)), 2));
  const distance = add(apart(a.x0, a.x1, b.x0, b.x1), apart(a.y0, a.y1, b.y0, b.y1));
  return div(distance, add(add(square(widthOf(around)), square(heightOf(around))), EPSILON));
}

/** What it loses by another ratio of width to height; its weight has no gradient. */
function ratioShare(a: Corners, b: Corners, overlap: Tensor): Tensor {
  const angle = (box: Corners): Tensor => atan(div(widthOf(box), maximum(heightOf(box), 1e-12))); // a flat box has an angle too
  const difference = mul(square(sub(angle(b), angle(a))), 4 / Math.PI ** 2);
  const weight = div(difference, add(add(sub(1, overlap), difference), EPSILON));
  return mul(stopGradient(weight), difference);
}

/** Which overlap of boxes: plain, generalised (empty space around both), by distance of the middles, or complete (and by ratio). */
export type BoxOverlap = 'iou' | 'giou' | 'diou' | 'ciou';

function overlapOf(kind: BoxOverlap, a: Corners, b: Corners, epsilon: number): Tensor {
  const met = meeting(a, b, epsilon);
  if (kind === 'iou') return met.overlap;
  if (kind === 'giou') return sub(met.overlap, emptyShare(met, epsilon));
  const near = sub(met.overlap, middleShare(a, b, met));
  return kind === 'diou' ? near : sub(near, ratioShare(a, b, met.overlap));
}

/**
 * Overlap of all pairs of boxes `[x0, y0, x1, y1]`: `[A, 4]`, `[B, 4]` → `[A, B]`. Throws SHAPE_MISMATCH.
 * @see Rezatofighi et al., "Generalized Intersection over Union" (2019), and Zheng et al., "Distance-IoU Loss" (2020).
 */
export function boxOverlaps(a: Tensor, b: Tensor, kind: BoxOverlap = 'iou'): Tensor {
  return overlapOf(kind, cornersOf(a, 'boxes', [a.shape[0]!, 1]), cornersOf(b, 'other boxes', [1, b.shape[0]!]), 0);
}

/** Middles, widths and heights of boxes `[x0, y0, x1, y1]`: `[B, 4]` → `[B, 4]`. Throws SHAPE_MISMATCH. */
export function boxCentres(boxes: Tensor): Tensor {
  const corners = cornersOf(boxes, 'boxes', [boxes.shape[0]!, 1]);
  const { x0, y0, x1, y1 } = corners;
  return concat([div(add(x0, x1), 2), div(add(y0, y1), 2), widthOf(corners), heightOf(corners)], 1);
}

/** Boxes `[x0, y0, x1, y1]` from middles, widths and heights: `[B, 4]` → `[B, 4]`. Throws SHAPE_MISMATCH. */
export function boxCorners(boxes: Tensor): Tensor {
  const { B } = matchShape('boxes', boxes.shape, ['B', 4]);
  const middles = slice(boxes, [0, 0], [B!, 2]);
  const halves = div(slice(boxes, [0, 2], [B!, 2]), 2);
  return concat([sub(middles, halves), add(middles, halves)], 1);
}

/** One minus the overlap of each box with its target: `[B, 4]`, `[B, 4]` → `[B]`. Throws SHAPE_MISMATCH. */
export function boxOverlapLoss(boxes: Tensor, targets: Tensor, kind: BoxOverlap = 'ciou'): Tensor {
  return sub(1, overlapOf(kind, cornersOf(boxes, 'boxes'), cornersOf(targets, 'target boxes'), EPSILON));
}

/** Absolute differences, squared where they are smaller than `beta`: any shape → the same. With 0 they are plain. */
export function smoothL1(values: Tensor, targets: Tensor, beta = 1): Tensor {
  const difference = abs(sub(values, targets));
  return beta === 0
    ? difference
    : where(less(stopGradient(difference), beta), div(square(difference), 2 * beta), sub(difference, beta / 2));
}

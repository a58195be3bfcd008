import { ReidError } from '@reidkit/core-tensor/base';
import type { RleMask } from './rle.ts';

const SCALE = 5;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Points of the closed outline on a grid five times as fine. */
function finePoints(polygon: readonly number[]): Point[] {
  const corners = Array.from({ length: polygon.length / 2 }, (_, i) => ({
    x: Math.trunc(SCALE * polygon[2 * i]! + 0.5),
    y: Math.trunc(SCALE * polygon[2 * i + 1]! + 0.5),
  }));
  return corners.flatMap((from, i) => linePoints(from, corners[(i + 1) % corners.length]!));
}

/** Points of a line, both ends included, one per step along its longer side; rounding begins at the end with the smaller coordinate. */
function linePoints(from: Point, to: Point): Point[] {
  const [dx, dy] = [Math.abs(to.x - from.x), Math.abs(to.y - from.y)];
  const isFlipped = (dx >= dy && from.x > to.x) || (dx < dy && from.y > to.y);
  const [start, end] = isFlipped ? [to, from] : [from, to];
  const steps = Math.max(dx, dy);
  const slope = dx >= dy ? (end.y - start.y) / dx : (end.x - start.x) / dy;
  return Array.from({ length: steps + 1 }, (_, d) => {
    const t = isFlipped ? steps - d : d;
    return dx >= dy
      ? { x: t + start.x, y: Math.trunc(start.y + (steps === 0 ? 0 : slope) * t + 0.5) }
      : { y: t + start.y, x: Math.trunc(start.x + slope * t + 0.5) };
  });
}

/** Where the outline goes over the middle line of a column: the number of the pixel below the crossing, down the columns. */
function crossings(points: readonly Point[], height: number, width: number): number[] {
  const found: number[] = [];
  for (let j = 1; j < points.length; j++) {
    const [before, point] = [points[j - 1]!, points[j]!];
    if (point.x === before.x) continue;
    const fine = point.x < before.x ? point.x : point.x - 1;
    const column = (fine + 0.5) / SCALE - 0.5;
    if (Math.floor(column) !== column || column < 0 || column > width - 1) continue;
    const row = (Math.min(point.y, before.y) + 0.5) / SCALE - 0.5;
    found.push(column * height + Math.ceil(Math.min(height, Math.max(0, row))));
  }
  return found;
}

/**
 * The mask of a polygon `x1, y1, x2, y2, …` in pixels, rasterised as COCO does: the outline on a grid five times as fine, then the pixels between
 * its crossings of each column's middle. Throws INVALID_ARGUMENT for fewer than three corners.
 */
export function polygonRle(polygon: readonly number[], { height, width }: { readonly height: number; readonly width: number }): RleMask {
  if (polygon.length < 6 || polygon.length % 2 === 1 || !polygon.every(Number.isFinite)) {
    throw new ReidError('INVALID_ARGUMENT', `polygonRle expected at least three pairs of finite numbers, got ${polygon.length} numbers.`);
  }
  const ends = [...crossings(finePoints(polygon), height, width), height * width].sort((a, b) => a - b);
  const lengths = ends.map((end, i) => end - (ends[i - 1] ?? 0));
  // Two crossings at one place cancel out: the runs around them become one.
  const runs: number[] = [];
  for (let i = 0; i < lengths.length; i++) {
    if (i === 0 || lengths[i]! > 0) runs.push(lengths[i]!);
    else if (++i < lengths.length) runs[runs.length - 1]! += lengths[i]!;
  }
  return { height, width, runs };
}

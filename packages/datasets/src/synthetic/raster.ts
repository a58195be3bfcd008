import type { Projected } from './projection.ts';

/** What each sample sees first: number of the solid (−1 for none) and its depth in pixels. */
export interface Visibility {
  readonly width: number;
  readonly height: number;
  readonly first: Int16Array;
  readonly depth: Float32Array;
}

/**
 * Depth at which a ray meets a solid first, or NaN. The ray starts at local (ox, oy, oz) and runs along columns 2, 6 and 10 of the map.
 * Plain numbers and no objects: this runs a hundred thousand times for a picture.
 */
type Hit = (item: Projected, ox: number, oy: number, oz: number) => number;

const hitEllipsoid: Hit = (item, ox, oy, oz) => {
  const m = item.local;
  const dx = m[2]!;
  const dy = m[6]!;
  const dz = m[10]!;
  const b = ox * dx + oy * dy + oz * dz;
  const d = b * b - item.square * (ox * ox + oy * oy + oz * oz - 1);
  if (d < 0) return NaN;
  const root = Math.sqrt(d);
  const near = (-b - root) / item.square;
  const { keep } = item;
  if (keep === null) return near;
  const from = ox * keep[0]! + oy * keep[1]! + oz * keep[2]! - keep[3]!;
  const slope = dx * keep[0]! + dy * keep[1]! + dz * keep[2]!;
  if (from + near * slope >= 0) return near;
  const far = (root - b) / item.square;
  return from + far * slope >= 0 ? far : NaN;
};

const hitCone: Hit = (item, ox, oy, oz) => {
  const m = item.local;
  const dy = m[6]!;
  const a = item.square;
  const k = item.slope;
  const r = item.radius + k * oy;
  const b = ox * m[2]! + oz * m[10]! - k * dy * r;
  const d = b * b - a * (ox * ox + oz * oz - r * r);
  if (d < 0 || (a < 1e-12 && a > -1e-12)) return NaN;
  const root = a > 0 ? Math.sqrt(d) : -Math.sqrt(d);
  const near = (-b - root) / a;
  const atNear = oy + near * dy;
  if (atNear >= 0 && atNear <= 1) return near;
  const far = (root - b) / a;
  const atFar = oy + far * dy;
  return atFar >= 0 && atFar <= 1 ? far : NaN;
};

const hitBox: Hit = (item, ox, oy, oz) => {
  const m = item.local;
  const sx = Math.abs(m[2]!) < 1e-12 ? 1e12 : 1 / m[2]!;
  const sy = Math.abs(m[6]!) < 1e-12 ? 1e12 : 1 / m[6]!;
  const sz = Math.abs(m[10]!) < 1e-12 ? 1e12 : 1 / m[10]!;
  const near = Math.max(-ox * sx - Math.abs(sx), -oy * sy - Math.abs(sy), -oz * sz - Math.abs(sz));
  const far = Math.min(Math.abs(sx) - ox * sx, Math.abs(sy) - oy * sy, Math.abs(sz) - oz * sz);
  return near <= far ? near : NaN;
};

/** One loop per shape, so that each calls one function only. */
function scan(item: Projected, number: number, seen: Visibility, hit: Hit): void {
  const { width, height, first, depth } = seen;
  const m = item.local;
  const [x0, y0, x1, y1] = item.bounds;
  const left = Math.max(0, x0);
  const right = Math.min(width, x1);
  const bottom = Math.min(height, y1);
  const [xx, yx, zx] = [m[0]!, m[4]!, m[8]!];
  for (let j = Math.max(0, y0); j < bottom; j++) {
    const y = j + 0.5;
    const rowX = m[1]! * y + m[3]!;
    const rowY = m[5]! * y + m[7]!;
    const rowZ = m[9]! * y + m[11]!;
    for (let i = left; i < right; i++) {
      const x = i + 0.5;
      const t = hit(item, xx * x + rowX, yx * x + rowY, zx * x + rowZ);
      const at = j * width + i;
      if (t < depth[at]!) {
        depth[at] = t;
        first[at] = number;
      }
    }
  }
}

const HITS = { ellipsoid: hitEllipsoid, cone: hitCone, box: hitBox } as const;

/** Finds what each of `width × height` samples sees first; sample (i, j) lies at pixel (i + ½, j + ½). */
export function rasterise(items: readonly Projected[], width: number, height: number): Visibility {
  const first = new Int16Array(width * height).fill(-1);
  const depth = new Float32Array(width * height).fill(Infinity);
  const seen = { width, height, first, depth };
  items.forEach((item, number) => scan(item, number, seen, HITS[item.shape]));
  return seen;
}

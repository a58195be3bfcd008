import type { Paint } from './fabric.ts';
import { PARTS, type Solid, type Wrap } from './solid.ts';
import { dot, scale, type Vector } from './vector.ts';

/** From where a figure is seen (in parallel rays) and where it stands in a picture. */
export interface Viewpoint {
  /** Turn of the person in radians: 0 looks into the camera, π / 2 shows the left side, π the back. */
  readonly yaw: number;
  /** How far the camera looks down, in radians. */
  readonly tilt: number;
  /** Pixels per metre. */
  readonly scale: number;
  /** Pixel that the place (0, 0, 0) of the person's space falls on. */
  readonly x: number;
  readonly y: number;
}

/** Directions of the picture in the person's space. */
export interface Directions {
  readonly right: Vector;
  readonly down: Vector;
  readonly away: Vector;
}

/** Where the picture's right, down and away point in the space of a person that is turned and looked down at. */
export function directions({ yaw, tilt }: Pick<Viewpoint, 'yaw' | 'tilt'>): Directions {
  const c = Math.cos(yaw);
  const s = -Math.sin(yaw);
  const ct = Math.cos(tilt);
  const st = Math.sin(tilt);
  return { right: [c, 0, s], down: [-s * st, -ct, c * st], away: [s * ct, -st, -c * ct] };
}

/**
 * A solid as the picture meets it. All solids have the same fields in the same order here, which makes reading them for every sample
 * several times as fast as reading them from solids.
 */
export interface Projected {
  readonly shape: Solid['shape'];
  /** Rows of the affine map from (pixel x, pixel y, depth in pixels) to local x, y and z: 12 numbers. */
  readonly local: Float64Array;
  /** Square term of the equation that says where a ray meets the solid: the same for all pixels. */
  readonly square: number;
  /** Radius of a cone at y = 0, and its change to y = 1. */
  readonly radius: number;
  readonly slope: number;
  /** Half space that is kept, 4 numbers. */
  readonly keep: Float64Array | null;
  readonly wrap: Wrap;
  readonly paint: Paint;
  readonly folds: number;
  readonly phase: number;
  /** Number of the part, 1 to 4. */
  readonly part: number;
  /** Pixels `[x0, y0, x1, y1)` that may be covered, not clipped. */
  readonly bounds: readonly [number, number, number, number];
}

function reach(solid: Solid, direction: Vector): [number, number] {
  const middle = dot(solid.origin, direction);
  const [x, y, z] = [dot(solid.x, direction), dot(solid.y, direction), dot(solid.z, direction)];
  if (solid.shape === 'box') {
    const half = Math.abs(x) + Math.abs(y) + Math.abs(z);
    return [middle - half, middle + half];
  }
  if (solid.shape === 'ellipsoid') {
    const half = Math.sqrt(x * x + y * y + z * z);
    return [middle - half, middle + half];
  }
  const round = Math.sqrt(x * x + z * z);
  const [r0, r1] = solid.taper;
  return [Math.min(middle - r0 * round, middle + y - r1 * round), Math.max(middle + r0 * round, middle + y + r1 * round)];
}

function squareTerm({ shape, taper }: Solid, dx: number, dy: number, dz: number): number {
  const slope = taper[1] - taper[0];
  return shape === 'cone' ? dx * dx + dz * dz - slope * slope * dy * dy : dx * dx + dy * dy + dz * dz;
}

/** Looks at a solid from a viewpoint. */
export function project(solid: Solid, view: Viewpoint, axes: Directions = directions(view)): Projected {
  const local = new Float64Array(12);
  [solid.x, solid.y, solid.z].forEach((axis, row) => {
    const inverse = scale(axis, 1 / dot(axis, axis));
    const x = dot(inverse, axes.right) / view.scale;
    const y = dot(inverse, axes.down) / view.scale;
    const depth = dot(inverse, axes.away) / view.scale;
    local.set([x, y, depth, -dot(inverse, solid.origin) - x * view.x - y * view.y], row * 4);
  });
  const [left, right] = reach(solid, axes.right);
  const [top, bottom] = reach(solid, axes.down);
  const { taper, keep, wrap, fabric } = solid;
  return {
    shape: solid.shape,
    local,
    square: squareTerm(solid, local[2]!, local[6]!, local[10]!),
    radius: taper[0],
    slope: taper[1] - taper[0],
    keep: keep ? Float64Array.from(keep) : null,
    wrap: { around: wrap.around, start: wrap.start, along: wrap.along },
    paint: fabric.paint,
    folds: fabric.folds,
    phase: fabric.phase,
    part: PARTS[solid.part],
    bounds: [
      Math.floor(view.x + left * view.scale),
      Math.floor(view.y + top * view.scale),
      Math.ceil(view.x + right * view.scale) + 1,
      Math.ceil(view.y + bottom * view.scale) + 1,
    ],
  };
}

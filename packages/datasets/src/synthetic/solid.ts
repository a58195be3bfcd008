import type { Fabric } from './fabric.ts';
import { between, cross, dot, length, scale, unit, type Vector } from './vector.ts';

/** Body regions as they are numbered in part masks; 0 is everything else. */
export const PARTS = { head: 1, upper: 2, lower: 3, foot: 4 } as const;

/** Name of a body region. */
export type PartName = keyof typeof PARTS;

/** What a solid belongs to, so that a garment can be drawn alone. */
export type Piece = 'body' | 'hair' | 'hat' | 'upper' | 'lower' | 'shoes' | 'bag' | 'scarf';

/** How a place on a solid becomes a place on its fabric: metres around, and metres along from `start`. */
export interface Wrap {
  /** Metres of cloth per radian around the axis. */
  readonly around: number;
  /** Metres at local y = 0. */
  readonly start: number;
  /** Metres per unit of local y. */
  readonly along: number;
}

/**
 * A shape with its own frame: `origin` plus three orthogonal half axes. An ellipsoid is the unit ball in that frame, a box the cube of
 * ±1, a cone runs from y = 0 to y = 1 with radius `taper[0]` to `taper[1]`.
 */
export interface Solid {
  readonly shape: 'ellipsoid' | 'cone' | 'box';
  readonly origin: Vector;
  readonly x: Vector;
  readonly y: Vector;
  readonly z: Vector;
  readonly taper: readonly [number, number];
  readonly wrap: Wrap;
  readonly fabric: Fabric;
  readonly part: PartName;
  readonly piece: Piece;
  /** Half space of the local frame that is kept: `x·n₀ + y·n₁ + z·n₂ >= n₃`. */
  readonly keep?: readonly [number, number, number, number];
}

/** What a solid is made of and belongs to. */
export type Make = Pick<Solid, 'fabric' | 'part' | 'piece'>;

const FRONT: Vector = [0, 0, 1];
const SIDE: Vector = [1, 0, 0];

/** Unit directions across an axis; the third stays as near to the person's front as it can, so that cloth keeps its front. */
function frameAround(axis: Vector): [Vector, Vector, Vector] {
  const y = unit(axis);
  const front = Math.abs(dot(y, FRONT)) > 0.96 ? cross(SIDE, y) : FRONT;
  const x = unit(cross(y, front));
  return [x, y, cross(x, y)];
}

/** An ellipsoid with radii along x, y and z of the person, turned to stand along `axis`. */
export function ellipsoid(origin: Vector, radii: Vector, make: Make, axis: Vector = [0, 1, 0]): Solid {
  const [x, y, z] = frameAround(axis);
  return {
    shape: 'ellipsoid',
    origin,
    x: scale(x, radii[0]),
    y: scale(y, radii[1]),
    z: scale(z, radii[2]),
    taper: [1, 1],
    wrap: { around: (radii[0] + radii[2]) / 2, start: 0, along: radii[1] },
    ...make,
  };
}

/** A box with half lengths along x, y and z, turned to stand along `axis`. */
export function box(origin: Vector, halves: Vector, make: Make, axis: Vector = [0, 1, 0]): Solid {
  return { ...ellipsoid(origin, halves, make, axis), shape: 'box', wrap: { around: halves[0], start: 0, along: halves[1] } };
}

/** Radii of a cone at both ends, and how deep it is against its width. */
export interface ConeRadii {
  readonly from: number;
  readonly to: number;
  /** Depth (front to back) divided by width; 1 is round. */
  readonly depth?: number;
}

/** An open cone from one place to another. Its cloth is measured from `from`, or from `start` metres on. */
export function cone(from: Vector, to: Vector, radii: ConeRadii, make: Make & { start?: number }): Solid {
  const axis = between(from, to);
  const [x, , z] = frameAround(axis);
  const long = length(axis);
  const { start = 0, ...rest } = make;
  return {
    shape: 'cone',
    origin: from,
    x,
    y: axis,
    z: scale(z, radii.depth ?? 1),
    taper: [radii.from, radii.to],
    wrap: { around: (radii.from + radii.to) / 2, start, along: long },
    ...rest,
  };
}

/** A cone with a ball at each end: a limb. */
export function limb(from: Vector, to: Vector, radii: ConeRadii, make: Make & { start?: number }): Solid[] {
  const { start = 0, ...rest } = make;
  const axis = between(from, to);
  const depth = radii.depth ?? 1;
  const ball = (place: Vector, radius: number, at: number): Solid => {
    const solid = ellipsoid(place, [radius, radius, radius * depth], rest, axis);
    return { ...solid, wrap: { around: solid.wrap.around, start: at, along: radius } };
  };
  return [cone(from, to, radii, make), ball(from, radii.from, start), ball(to, radii.to, start + length(axis))];
}

/** The same solid kept only on one side of a plane through its own frame. */
export const cut = (solid: Solid, keep: NonNullable<Solid['keep']>): Solid => ({ ...solid, keep });

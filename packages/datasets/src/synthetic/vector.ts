/** Three numbers: a place or a direction. In a person's space x points to the person's left, y up, z to the front; metres. */
export type Vector = readonly [number, number, number];

/** `a + factor * b`. */
export const add = (a: Vector, b: Vector, factor = 1): Vector => [a[0] + factor * b[0], a[1] + factor * b[1], a[2] + factor * b[2]];

/** `b − a`. */
export const between = (a: Vector, b: Vector): Vector => add(b, a, -1);

/** The vector made longer or shorter. */
export const scale = (a: Vector, factor: number): Vector => [a[0] * factor, a[1] * factor, a[2] * factor];

/** Inner product. */
export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** Cross product. */
export const cross = (a: Vector, b: Vector): Vector => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/** Euclidean length. */
export const length = (a: Vector): number => Math.sqrt(dot(a, a));

/** The direction of a vector, of length 1. */
export const unit = (a: Vector): Vector => scale(a, 1 / (length(a) || 1));

/** The place that lies `share` of the way from `a` to `b`. */
export const mix = (a: Vector, b: Vector, share: number): Vector => add(scale(a, 1 - share), b, share);

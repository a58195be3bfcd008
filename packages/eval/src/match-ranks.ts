import { ReidError } from '@reidkit/core-tensor/base';

const BUCKETS = 1024;
const STRIDE = 4;

/** Matches of one query in the order of their distances, with a table that leads from a distance to its place among them. */
interface Thresholds {
  readonly distances: Float64Array;
  readonly positions: Int32Array;
  readonly scale: number;
  /** `first[b]`: how many matches fall into buckets before b. */
  readonly first: Uint32Array;
}

/** Which ranks the matches of a query have, and what the ranking leaves out. */
export interface RankQuestion {
  /** Positions of matches in the row, at least one. */
  readonly matches: Int32Array;
  /** Positions the ranking leaves out; none of them a match. */
  readonly leftOut: Int32Array;
}

/** Distances of one query to the gallery, as part of a block. */
export interface DistanceRow {
  readonly block: Float32Array;
  readonly begin: number;
  readonly length: number;
}

/** Reused between queries. */
const table = new Uint32Array(BUCKETS + 1);

function thresholdsOf({ block, begin }: DistanceRow, matches: Int32Array): Thresholds {
  const positions = matches.slice().sort((a, b) => block[begin + a]! - block[begin + b]! || a - b);
  const distances = new Float64Array(positions.length);
  for (let k = 0; k < positions.length; k++) distances[k] = block[begin + positions[k]!]!;
  const nearest = distances[0]!;
  const spread = distances[distances.length - 1]! - nearest;
  const scale = spread > 0 && BUCKETS / spread < Infinity ? (BUCKETS - 1) / spread : 0;
  table.fill(0);
  for (const distance of distances) table[bucketOf(distance, nearest, scale) + 1]!++;
  for (let b = 0; b < BUCKETS; b++) table[b + 1]! += table[b]!;
  return { distances, positions, scale, first: table };
}

/** Never falls with growing distance; 0 for anything at or before the nearest match. Not for distances beyond the farthest match. */
function bucketOf(distance: number, nearest: number, scale: number): number {
  return distance > nearest ? ((distance - nearest) * scale) | 0 : 0;
}

/** How many matches come before an item: nearer, or equally far and earlier in the gallery. */
function place({ distances, positions, scale, first }: Thresholds, distance: number, position: number): number {
  const bucket = bucketOf(distance, distances[0]!, scale);
  let low = first[bucket]!;
  let high = first[bucket + 1]!;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = distances[middle]!;
    if (other < distance || (other === distance && positions[middle]! < position)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Goes on from a position while the next items all lie beyond the farthest match, as most do once a model is trained. */
function skipFarther({ block, begin, length }: DistanceRow, position: number, farthest: number): number {
  let at = begin + position;
  for (const last = begin + length - STRIDE; at <= last; at += STRIDE) {
    if (!(block[at]! > farthest && block[at + 1]! > farthest && block[at + 2]! > farthest && block[at + 3]! > farthest)) break;
  }
  return at - begin;
}

/**
 * Ranks (from 0, ascending) of a query's matches in the gallery sorted by distance, ties by position, without what is left out. The row is
 * not sorted: one pass counts, for every match, the items before it. Throws INVALID_ARGUMENT where a distance is not a number.
 */
export function matchRanks(row: DistanceRow, { matches, leftOut }: RankQuestion): Int32Array {
  const { block, begin, length } = row;
  const thresholds = thresholdsOf(row, matches);
  const farthest = thresholds.distances[matches.length - 1]!;
  // before[k]: items whose place among the matches is k; the last entry takes items as far as the farthest match but after it.
  const before = new Int32Array(matches.length + 1);
  for (let position = 0; position < length;) {
    position = skipFarther(row, position, farthest);
    for (const stop = Math.min(position + STRIDE, length); position < stop; position++) {
      const distance = block[begin + position]!;
      if (distance > farthest) continue;
      if (distance !== distance) throw notANumber(position);
      before[place(thresholds, distance, position)]!++;
    }
  }
  for (const position of leftOut) {
    const distance = block[begin + position]!;
    if (!(distance > farthest)) before[place(thresholds, distance, position)]!--;
  }
  // A match counted itself too, at its own place; ranks are from 0.
  const ranks = new Int32Array(matches.length);
  for (let k = 0, count = 0; k < ranks.length; k++) {
    count += before[k]!;
    ranks[k] = count - 1;
  }
  return ranks;
}

/** The error for a distance that is not a number; whoever knows the query adds it. */
export function notANumber(position: number): ReidError {
  return new ReidError('INVALID_ARGUMENT', `The distance to gallery item ${position} is not a number.`, {
    hint: 'look for NaN in the descriptors of this query: a diverged run, or a division by a norm of zero.',
  });
}

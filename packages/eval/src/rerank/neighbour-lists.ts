import type { Descriptors, RankingOptions, Scorer } from '@reidkit/core-tensor/base';
import { visitDistanceRows } from '../distance-rows.ts';
import { notANumber, type DistanceRow } from '../match-ranks.ts';

/** How a row of distances becomes a row of numbers to compare. */
export interface Rescaling {
  /** Square the distances. */
  readonly square: boolean;
  /** Divide each row by its largest number. */
  readonly byLargest: boolean;
}

/** The nearest neighbours of every item among all, itself included. */
export interface NeighbourLists {
  readonly count: number;
  /** Neighbours in a list. */
  readonly length: number;
  /** `[count, length]`, nearest first, ties by position. */
  readonly neighbours: Int32Array;
  /** What each row of distances is divided by, `[count]`. */
  readonly scales: Float32Array;
}

/** A distance as it is compared: squared and divided in single precision. */
export const rescale = (distance: number, scale: number, square: boolean): number =>
  Math.fround((square ? Math.fround(distance * distance) : distance) / scale);

/** The largest of a row, and its `count`-th smallest distance. */
function extremes({ block, begin, length }: DistanceRow, held: Float64Array): { readonly most: number; readonly last: number } {
  const end = held.length - 1;
  held.fill(Infinity);
  let most = -Infinity;
  let last = Infinity;
  for (let at = begin; at < begin + length; at++) {
    const distance = block[at]!;
    if (distance > most) most = distance;
    if (distance >= last) continue;
    if (distance !== distance) throw notANumber(at - begin);
    let place = end;
    for (; place > 0 && held[place - 1]! > distance; place--) held[place] = held[place - 1]!;
    held[place] = distance;
    last = held[end]!;
  }
  return { most, last };
}

/** Rounding may make slightly larger distances equal to the last one held; they then count as ties. */
const SLACK = 1 + 1e-6;

function nearest(
  row: DistanceRow,
  held: Float64Array,
  { square, byLargest }: Rescaling,
): { readonly order: number[]; readonly scale: number } {
  const { most, last } = extremes(row, held);
  const largest = square ? Math.fround(most * most) : most;
  const scale = byLargest && largest > 0 ? largest : 1;
  const limit = last > 0 ? last * SLACK : last / SLACK;
  const near: { readonly at: number; readonly distance: number }[] = [];
  for (let at = 0; at < row.length; at++) {
    const distance = row.block[row.begin + at]!;
    if (distance <= limit) near.push({ at, distance: rescale(distance, scale, square) });
  }
  near.sort((a, b) => a.distance - b.distance || a.at - b.at);
  return { order: near.slice(0, held.length).map(({ at }) => at), scale };
}

/**
 * Finds the nearest neighbours of all items among all, block by block; the whole matrix is never there. Throws what the scorer throws,
 * INVALID_ARGUMENT for a distance that is not a number, INTERRUPTED.
 */
export async function neighbourLists(
  all: Descriptors,
  scorer: Scorer,
  { length: wanted, rescaling, ...options }: RankingOptions & { readonly length: number; readonly rescaling: Rescaling },
): Promise<NeighbourLists> {
  const { count } = all;
  const length = Math.min(wanted, count);
  const neighbours = new Int32Array(count * length);
  const scales = new Float32Array(count);
  const held = new Float64Array(length);
  const positions = Int32Array.from({ length: count }, (_, at) => at);
  const visit = (at: number, row: DistanceRow): void => {
    const { order, scale } = nearest(row, held, rescaling);
    neighbours.set(order, at * length);
    scales[at] = scale;
  };
  const prepared = scorer.prepare(all, options.product);
  await visitDistanceRows(prepared, { queries: all, positions, reads: scorer.reads }, { ...options, visit });
  return { count, length, neighbours, scales };
}

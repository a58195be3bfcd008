import { notANumber, type DistanceRow } from './match-ranks.ts';

/**
 * Positions of the `count` smallest distances of a row, nearest first, ties by position, without those left out. Throws INVALID_ARGUMENT
 * where a distance is not a number.
 */
export function nearestItems({ block, begin, length }: DistanceRow, count: number, leftOut: Int32Array): number[] {
  const removed = new Set(leftOut);
  const positions: number[] = [];
  for (let position = 0; position < length && count > 0; position++) {
    const distance = block[begin + position]!;
    if (distance !== distance) throw notANumber(position);
    if (positions.length === count && !(distance < block[begin + positions[count - 1]!]!)) continue;
    if (removed.has(position)) continue;
    let at = positions.length === count ? count - 1 : positions.length;
    while (at > 0 && block[begin + positions[at - 1]!]! > distance) {
      positions[at] = positions[at - 1]!;
      at--;
    }
    positions[at] = position;
  }
  return positions;
}

import type { NeighbourLists } from './neighbour-lists.ts';

/** Rounds halves to the even neighbour, as Python does: 2.5 is 2, 3.5 is 4. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function isAmong(item: number, { neighbours, length }: NeighbourLists, of: number, first: number): boolean {
  for (let at = of * length; at < of * length + first; at++) if (neighbours[at] === item) return true;
  return false;
}

/** Of the first so many neighbours of an item those that have it among their own first so many, nearest first. */
function reciprocal(lists: NeighbourLists, item: number, wanted: number): number[] {
  const first = Math.min(wanted, lists.length);
  const found: number[] = [];
  for (let at = item * lists.length; at < item * lists.length + first; at++) {
    if (isAmong(item, lists, lists.neighbours[at]!, first)) found.push(lists.neighbours[at]!);
  }
  return found;
}

/** How many neighbours count, for the item and for its neighbours. */
export interface ReciprocalSizes {
  readonly whole: number;
  readonly half: number;
}

/**
 * The expanded k-reciprocal neighbours of every item, ascending: its own, and those of each of them (over half as many neighbours) of which
 * more than two thirds are its own already. `visit` gets them item by item.
 */
export function visitReciprocalSets(
  lists: NeighbourLists,
  { whole, half }: ReciprocalSizes,
  visit: (item: number, members: readonly number[]) => void,
): void {
  const halves = Array.from({ length: lists.count }, (_, item) => reciprocal(lists, item, half));
  const own = new Int32Array(lists.count).fill(-1);
  for (let item = 0; item < lists.count; item++) {
    const base = reciprocal(lists, item, whole);
    for (const member of base) own[member] = item;
    const members = new Set(base);
    for (const candidate of base) {
      const others = halves[candidate]!;
      const shared = others.reduce((count, other) => count + Number(own[other] === item), 0);
      if (shared > (2 / 3) * others.length) for (const other of others) members.add(other);
    }
    visit(
      item,
      [...members].sort((a, b) => a - b),
    );
  }
}

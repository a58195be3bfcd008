import type { CropRecord, HostTensor } from '@reidkit/core-tensor';

/** Parts of synthetic people, by the names of their boxes. */
const PARTS = ['head', 'upper', 'lower', 'foot'] as const;

/** Which parts of each picture can be seen at all: rows of 0 and 1. */
export function partsInSight(records: readonly CropRecord[]): number[][] {
  return records.map(({ partBoxes }) => PARTS.map((name) => Number(partBoxes?.[name] !== undefined)));
}

/** Chance that a score of something seen is above one of something hidden; undefined where either is missing. */
function chanceAbove(seen: readonly number[], hidden: readonly number[]): number | undefined {
  if (seen.length === 0 || hidden.length === 0) return undefined;
  const wins = seen.flatMap((a) => hidden.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
  return wins.reduce((sum: number, win) => sum + win, 0) / wins.length;
}

/**
 * How well scores `[Q, P]` tell parts in sight from hidden ones: the area under the curve of each part, averaged over parts that are sometimes
 * the one, sometimes the other. 0.5 says nothing.
 */
export function areaUnderCurve({ data, shape }: HostTensor, inSight: readonly (readonly number[])[]): number {
  const parts = shape[1]!;
  const areas = Array.from({ length: parts }, (_, part) => {
    const of = (wanted: number): number[] => inSight.flatMap((row, at) => (row[part] === wanted ? [data[at * parts + part]!] : []));
    return chanceAbove(of(1), of(0));
  }).filter((area) => area !== undefined);
  return areas.reduce((sum, area) => sum + area, 0) / areas.length;
}

import type { GoldenTensor } from './adapter.ts';

/** How far numbers may be apart: `atol + rtol · |want|` for each, or with the largest finite `|want|` of the tensor. */
export interface Tolerance {
  readonly atol?: number;
  readonly rtol?: number;
  readonly compare?: 'element' | 'max';
}

/** One number that is off. */
export interface Deviation {
  /** Position in the tensor, one number per axis. */
  readonly at: readonly number[];
  readonly got: number | bigint;
  readonly want: number | bigint;
  readonly difference: number;
  readonly allowed: number;
}

/** What a comparison found. */
export interface Comparison {
  readonly count: number;
  /** How many numbers are off. */
  readonly wrong: number;
  /** The number that is furthest off, if any is. */
  readonly worst?: Deviation;
  /** Largest difference as a share of what is allowed, over the numbers that pass. */
  readonly share: number;
  /** Numbers that are NaN in both. */
  readonly bothNaN: number;
}

/** Whether a tensor's numbers are whole by type, and so must be equal. */
export const isWhole = (dtype: string): boolean => /^(I|U|BOOL|int|uint|bool)/.test(dtype);

/** Row-major position of a flat index. */
export function placeOf(index: number, shape: readonly number[]): number[] {
  const place: number[] = [];
  let rest = index;
  for (const length of [...shape].reverse()) {
    place.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return place;
}

function largest(values: ArrayLike<number | bigint>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(Number(values[i]));
    if (size > most && size < Infinity) most = size;
  }
  return most;
}

/** 0 for equal numbers, equal infinities and two NaN; infinite where only one of the two is finite. */
function distance(got: number | bigint, want: number | bigint): number {
  if (typeof want === 'bigint') return Number.isInteger(Number(got)) ? Math.abs(Number(BigInt(got) - want)) : Infinity;
  const number = Number(got);
  if (Object.is(number, want) || number === want) return 0;
  const difference = Math.abs(number - want);
  return Number.isNaN(difference) ? Infinity : difference;
}

/** What a number may be off by, from its own size. */
function allowance(values: ArrayLike<number | bigint>, { atol = 0, rtol = 0, compare }: Tolerance): (want: number | bigint) => number {
  if (rtol === 0) return () => atol;
  if (compare === 'max') {
    const allowed = atol + rtol * largest(values);
    return () => allowed;
  }
  return (want) => {
    const size = Math.abs(Number(want));
    return atol + (size < Infinity ? rtol * size : 0);
  };
}

/** Compares numbers one by one. */
export function compareNumbers(got: ArrayLike<number>, want: GoldenTensor, tolerance: Tolerance): Comparison {
  const values = want.data as ArrayLike<number | bigint>;
  const allowanceOf = allowance(values, tolerance);
  const found = { count: values.length, wrong: 0, share: 0, bothNaN: 0 };
  let worst: Deviation | undefined;
  for (let i = 0; i < values.length; i++) {
    const [mine, theirs] = [got[i]!, values[i]!];
    const difference = distance(mine, theirs);
    const allowed = allowanceOf(theirs);
    if (difference <= allowed && difference < Infinity) {
      if (Number.isNaN(theirs)) found.bothNaN++;
      if (difference > 0) found.share = Math.max(found.share, difference / allowed);
      continue;
    }
    found.wrong++;
    if (!worst || difference > worst.difference) worst = { at: placeOf(i, want.shape), got: mine, want: theirs, difference, allowed };
  }
  return { ...found, ...(worst ? { worst } : {}) };
}

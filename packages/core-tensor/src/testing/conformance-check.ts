import { ReidError, type ErrorCode } from '../errors.ts';
import { formatShape, sameShape, sizeOf, type HostTensor, type HostTensors } from '../host-tensor.ts';

/**
 * One check of a conformance suite. It throws an error that names the fault in a sentence; any test runner can run it.
 *
 * @example
 * ```ts
 * import { scheduleConformance } from '@reidkit/core-tensor/testing';
 * for (const { title, check } of scheduleConformance(() => ({ unit: 'epoch', rate: (at, base) => base / (1 + at) }))) {
 *   await check(); // in vitest: it(title, check)
 *   console.assert(title.length > 0);
 * }
 * ```
 */
export interface ConformanceCheck {
  /** What holds, as the end of the sentence "it …". */
  readonly title: string;
  check(): Promise<void> | void;
}

/** Throws an error that names a fault. */
export function fault(sentence: string): never {
  throw new Error(sentence);
}

/** Throws an error that names a fault, unless `holds`. */
export function demand(holds: boolean, sentence: string | (() => string)): asserts holds {
  if (!holds) fault(typeof sentence === 'string' ? sentence : sentence());
}

/** Throws unless `f` throws a ReidError, with one of the codes where some are given. */
export async function demandRefusal(what: string, f: () => unknown, codes: readonly ErrorCode[] = []): Promise<void> {
  let thrown: unknown;
  try {
    await f();
  } catch (error) {
    thrown = error;
  }
  demand(thrown !== undefined, `It accepts ${what} without a word.`);
  demand(ReidError.is(thrown), () => `It refuses ${what} by an error that is no ReidError: ${(thrown as Error).message}`);
  const { code } = thrown;
  demand(codes.length === 0 || codes.includes(code), `It refuses ${what} by ${code} instead of ${codes.join(' or ')}.`);
}

/** Throws unless a tensor has its shape, as many numbers as that needs, and only finite ones. */
export function demandNumbers(what: string, value: HostTensor, shape: readonly number[] = value.shape): void {
  demand(sameShape(value.shape, shape), () => `The shape of ${what} is ${formatShape(value.shape)} instead of ${formatShape(shape)}.`);
  demand(value.data.length === sizeOf(shape), () => `${what} has ${value.data.length} numbers for the shape ${formatShape(shape)}.`);
  const at = value.data.findIndex((number) => !Number.isFinite(number));
  demand(at < 0, () => `${what} holds ${value.data[at]} at position ${at}.`);
}

/** Largest difference between two lists of numbers; NaN against anything but NaN is infinite. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i])) continue;
    const difference = Math.abs(a[i]! - b[i]!);
    most = Math.max(most, Number.isNaN(difference) ? Infinity : difference);
  }
  return most;
}

/** Throws unless two records of tensors have the same names and numbers, within `tolerance` of the largest number. */
export function demandEqual(what: string, got: HostTensors, want: HostTensors, tolerance = 0): void {
  const [mine, theirs] = [Object.keys(got).sort().join(', '), Object.keys(want).sort().join(', ')];
  demand(mine === theirs, `${what}: the names are ${mine || 'none'} and then ${theirs || 'none'}.`);
  for (const [name, { data }] of Object.entries(want)) {
    const difference = largestDifference(got[name]!.data, data);
    const scale = Array.from(data).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    demand(difference <= tolerance * Math.max(scale, 1), `${what}: "${name}" differs by ${difference.toPrecision(3)}.`);
  }
}

/** Copies of tensors, to see later whether somebody wrote to them. */
export function copyOf(values: HostTensors): HostTensors {
  return Object.fromEntries(Object.entries(values).map(([name, { dtype, shape, data }]) => [name, { dtype, shape, data: data.slice() }]));
}

/** Runs checks one after another without a test runner and gives a line for each that fails: its title and the fault. */
export async function conformanceFaults(checks: readonly ConformanceCheck[]): Promise<string[]> {
  const faults: string[] = [];
  for (const { title, check } of checks) {
    try {
      await check();
    } catch (error) {
      faults.push(`${title}: ${(error as Error).message}`);
    }
  }
  return faults;
}

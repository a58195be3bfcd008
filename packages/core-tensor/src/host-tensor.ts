import { ReidError } from './errors.ts';

/** Element types of tensors in memory. Files may hold others (f16, bf16, i64 …), which readers convert to one of these. */
export type DataType = 'float32' | 'int32' | 'bool';

/** The array that holds each element type; truth values are bytes 0 and 1. */
export interface DataArrays {
  readonly float32: Float32Array;
  readonly int32: Int32Array;
  readonly bool: Uint8Array;
}

/** Numbers in JavaScript's memory with their shape, row-major: what goes into a step and comes out of it. */
export interface HostTensor<D extends DataType = DataType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: DataArrays[D];
}

/** Host tensors by name. */
export type HostTensors = Readonly<Record<string, HostTensor>>;

/** Number of elements of a shape: the product, 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** `[2, 3]` as people read it. */
export function formatShape(shape: readonly (number | string)[]): string {
  return `[${shape.join(', ')}]`;
}

/** Whether two shapes are the same. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/**
 * Checks a shape against a pattern of lengths and letters (a letter matches any length, the same letter always the same one) and gives the
 * letters' lengths. Throws SHAPE_MISMATCH, naming `where`.
 *
 * @example
 * ```ts
 * import { matchShape } from '@reidkit/core-tensor';
 * const { B, D } = matchShape('triplet loss', [16, 768], ['B', 'D']);
 * console.assert(B === 16 && D === 768);
 * ```
 */
export function matchShape<const P extends readonly (number | string)[]>(
  where: string,
  shape: readonly number[],
  pattern: P,
): Record<Extract<P[number], string>, number> {
  const lengths: Record<string, number> = {};
  const matches =
    shape.length === pattern.length &&
    pattern.every((expected, axis) => {
      const length = shape[axis]!;
      if (typeof expected === 'number') return expected === length;
      lengths[expected] ??= length;
      return lengths[expected] === length;
    });
  if (!matches) throw new ReidError('SHAPE_MISMATCH', `${where} expected ${formatShape(pattern)}, got ${formatShape(shape)}.`);
  return lengths as Record<Extract<P[number], string>, number>;
}

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/** A host tensor from numbers. Throws SHAPE_MISMATCH when the count does not fit the shape. */
export function hostTensor<D extends DataType = 'float32'>(
  values: ArrayLike<number>,
  shape: readonly number[] = [values.length],
  dtype: D = 'float32' as D,
): HostTensor<D> {
  if (values.length !== sizeOf(shape)) {
    throw new ReidError('SHAPE_MISMATCH', `hostTensor expected ${sizeOf(shape)} values for ${formatShape(shape)}, got ${values.length}.`);
  }
  const Kind = ARRAYS[dtype];
  const data = values instanceof Kind ? values : Kind.from(values);
  return { dtype, shape, data: data as DataArrays[D] };
}

/** The same numbers in an array of their own. */
export const copyHostTensor = ({ data, shape, dtype }: HostTensor): HostTensor => hostTensor(data.slice(), shape, dtype);

import { ReidError } from './errors.ts';
import { formatShape, type HostTensor, hostTensor, matchShape } from './host-tensor.ts';

/** How {@link quantizeRows} rounds. */
export interface QuantizeOptions {
  /** Numbers of a row that share a scale. Default: 64. */
  readonly block?: 16 | 32 | 64 | 128 | 256;
  /** Bits of a number. Default: 8. */
  readonly bits?: 4 | 8;
}

/**
 * A matrix `[rows, columns]` of whole numbers with one scale for each block of a row. A number is `(stored − 2^(bits−1)) · scale`; the
 * stored ones lie one after another in the bytes of `words`, little-endian, row after row: at 8 bits the numbers 4i … 4i + 3 of a row are the
 * bytes of its word i from the lowest, at 4 bits the numbers 8i … 8i + 7 are the halves of those bytes, the lower half first. Tensors have
 * no bytes, so words of 32 bits carry them through every engine.
 */
export interface QuantizedMatrix {
  /** `[rows, columns]`: `[out, in]` for the weight of a linear layer. */
  readonly shape: readonly [number, number];
  readonly block: number;
  readonly bits: number;
  /** `[rows, columns · bits / 32]` */
  readonly words: HostTensor<'int32'>;
  /** `[rows, columns / block]` */
  readonly scales: HostTensor<'float32'>;
}

function refuseNumber(value: number, row: number, column: number): never {
  throw new ReidError('INVALID_ARGUMENT', `quantizeRows expected finite numbers, got ${value} in row ${row}, column ${column}.`, {
    hint: 'look for a diverged training run or a damaged file.',
  });
}

/** Largest magnitude in part of a row. */
function largest(data: Float32Array, begin: number, end: number, columns: number): number {
  let most = 0;
  for (let i = begin; i < end; i++) {
    const magnitude = Math.abs(data[i]!);
    if (!(magnitude < Infinity)) refuseNumber(data[i]!, Math.floor(i / columns), i % columns);
    if (magnitude > most) most = magnitude;
  }
  return most;
}

/** Throws SHAPE_MISMATCH unless rows are whole blocks. */
function checkBlocks(columns: number, block: number, shape: readonly number[]): void {
  if (columns % block === 0) return;
  throw new ReidError('SHAPE_MISMATCH', `quantizeRows expected rows of whole blocks of ${block} numbers, got ${formatShape(shape)}.`, {
    hint: 'take a smaller block, or leave this matrix in float32.',
  });
}

/**
 * Rounds a matrix `[rows, columns]` to whole numbers of 8 or 4 bits, symmetric around zero: the largest magnitude of each block becomes 127
 * or 7. Throws SHAPE_MISMATCH when rows are not whole blocks, INVALID_ARGUMENT for numbers that are not finite.
 *
 * @example
 * ```ts
 * import { dequantizeRows, hostTensor, quantizeRows } from '@reidkit/core-tensor';
 * const weight = hostTensor(Float32Array.from({ length: 64 }, (_, i) => i / 64), [2, 32]);
 * const restored = dequantizeRows(quantizeRows(weight, { block: 32 }));
 * console.assert(restored.data.every((value, i) => Math.abs(value - weight.data[i]!) < 0.004));
 * ```
 */
export function quantizeRows(weight: HostTensor<'float32'>, { block = 64, bits = 8 }: QuantizeOptions = {}): QuantizedMatrix {
  const { rows, columns } = matchShape('quantizeRows', weight.shape, ['rows', 'columns']);
  checkBlocks(columns, block, weight.shape);
  const { data } = weight;
  const zero = 2 ** (bits - 1);
  const bytes = new Uint8Array((data.length * bits) / 8);
  const scales = new Float32Array(data.length / block);
  for (let k = 0; k < scales.length; k++) {
    const begin = k * block;
    const end = begin + block;
    scales[k] = largest(data, begin, end, columns) / (zero - 1);
    const factor = scales[k] === 0 ? 0 : 1 / scales[k]!;
    for (let i = begin; i < end; i++) {
      const rounded = Math.max(1 - zero, Math.min(zero - 1, Math.round(data[i]! * factor)));
      if (bits === 8) bytes[i] = rounded + zero;
      else bytes[i >> 1]! |= (rounded + zero) << (4 * (i & 1));
    }
  }
  return {
    shape: [rows, columns],
    block,
    bits,
    words: hostTensor(new Int32Array(bytes.buffer), [rows, (columns * bits) / 32], 'int32'),
    scales: hostTensor(scales, [rows, columns / block]),
  };
}

/** The numbers that a quantized matrix stands for, `[rows, columns]`. */
export function dequantizeRows({ shape, block, bits, words, scales }: QuantizedMatrix): HostTensor<'float32'> {
  const bytes = new Uint8Array(words.data.buffer, words.data.byteOffset, words.data.byteLength);
  const zero = 2 ** (bits - 1);
  const data = new Float32Array(shape[0] * shape[1]);
  for (let i = 0; i < data.length; i++) {
    const stored = bits === 8 ? bytes[i]! : (bytes[i >> 1]! >> (4 * (i & 1))) & 15;
    data[i] = (stored - zero) * scales.data[Math.floor(i / block)]!;
  }
  return hostTensor(data, shape);
}

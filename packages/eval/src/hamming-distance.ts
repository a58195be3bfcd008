import { ReidError, formatShape, matchShape, type HostTensor } from '@reidkit/core-tensor/base';

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

/** Binary codes, eight bits to a byte: `rows × bytesPerRow`. */
export interface PackedCodes {
  readonly rows: number;
  readonly bits: number;
  readonly bytesPerRow: number;
  readonly data: Uint8Array;
}

/**
 * Packs codes of zeros and ones `[n, bits]`: the first bit is the highest of the first byte, the last byte is filled with zeros. Throws
 * SHAPE_MISMATCH, or INVALID_ARGUMENT for any other number.
 */
export function packBits(codes: HostTensor): PackedCodes {
  const { n: rows, bits } = matchShape('packBits', codes.shape, ['n', 'bits']);
  const bytesPerRow = Math.ceil(bits / 8);
  const data = new Uint8Array(rows * bytesPerRow);
  for (let row = 0; row < rows; row++) {
    for (let bit = 0; bit < bits; bit++) {
      const value = codes.data[row * bits + bit]!;
      if (value !== 0 && value !== 1) {
        throw new ReidError('INVALID_ARGUMENT', `packBits expected zeros and ones, got ${value} in row ${row}, bit ${bit}.`);
      }
      if (value === 1) data[row * bytesPerRow + (bit >> 3)]! |= 0x80 >> (bit & 7);
    }
  }
  return { rows, bits, bytesPerRow, data };
}

/** Number of differing bits between codes, `[m, bits], [n, bits] → [m, n]`; divide by `bits` for the share. Throws SHAPE_MISMATCH. */
export function hammingDistance(x: PackedCodes, y: PackedCodes): Int32Array {
  if (x.bits !== y.bits) {
    const shapes = `${formatShape([x.rows, x.bits])} and ${formatShape([y.rows, y.bits])}`;
    throw new ReidError('SHAPE_MISMATCH', `hammingDistance expected codes of equal length, got ${shapes}.`);
  }
  const out = new Int32Array(x.rows * y.rows);
  for (let i = 0, position = 0; i < x.rows; i++) {
    for (let j = 0; j < y.rows; j++, position++) {
      let different = 0;
      for (let byte = 0, p = i * x.bytesPerRow, q = j * y.bytesPerRow; byte < x.bytesPerRow; byte++, p++, q++) {
        different += ONES[x.data[p]! ^ y.data[q]!]!;
      }
      out[position] = different;
    }
  }
  return out;
}

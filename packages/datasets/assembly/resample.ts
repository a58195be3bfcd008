// Pillow's two-pass resampling on 8-bit pixels: weights with 22 fractional bits, sums of 32 bits that start at one half, results shifted,
// clamped to a byte. A weight is split into 7 high and 15 low bits, so that two taps at a time go through a 16-bit dot product; the sum is
// the same number modulo 2^32 as Pillow's, and Pillow's never overflows.
//
// Table of one output position: [first input position, number of tap pairs], then per pair two words: the low halves of its two weights
// and the high halves.

const HALF: i32 = 1 << 21;
const FRACTION: i32 = 22;
const LOW_BITS: i32 = 15;

function finish(low: v128, high: v128): v128 {
  const sum = i32x4.add(i32x4.add(i32x4.shl(high, LOW_BITS), low), i32x4.splat(HALF));
  return i32x4.shr_s(sum, FRACTION);
}

function toBytes(words: v128): v128 {
  const halves = i16x8.narrow_i32x4_s(words, words);
  return i8x16.narrow_i16x8_u(halves, halves);
}

/**
 * Horizontal pass over RGB rows. `table` has one entry of `stride` bytes per output column. Reads up to 16 bytes past the last pixel and
 * writes one byte past the last pixel of `target`.
 */
export function resampleRows(source: usize, sourceWidth: i32, rows: i32, target: usize, targetWidth: i32, table: usize, stride: i32): void {
  const first = i8x16(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
  const second = i8x16(6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
  const sourceRow = <usize>sourceWidth * 3;
  for (let y = 0; y < rows; y++) {
    let entry = table;
    for (let x = 0; x < targetWidth; x++) {
      let place = source + <usize>load<i32>(entry) * 3;
      let pairs = load<i32>(entry, 4);
      let weights = entry + 8;
      let low = i32x4.splat(0);
      let high = i32x4.splat(0);
      while (pairs > 1) {
        const pixels = v128.load(place);
        const a = i8x16.swizzle(pixels, first);
        const b = i8x16.swizzle(pixels, second);
        low = i32x4.add(low, i32x4.dot_i16x8_s(a, v128.load32_splat(weights)));
        high = i32x4.add(high, i32x4.dot_i16x8_s(a, v128.load32_splat(weights, 4)));
        low = i32x4.add(low, i32x4.dot_i16x8_s(b, v128.load32_splat(weights, 8)));
        high = i32x4.add(high, i32x4.dot_i16x8_s(b, v128.load32_splat(weights, 12)));
        place += 12;
        weights += 16;
        pairs -= 2;
      }
      if (pairs > 0) {
        const a = i8x16.swizzle(v128.load64_zero(place), first);
        low = i32x4.add(low, i32x4.dot_i16x8_s(a, v128.load32_splat(weights)));
        high = i32x4.add(high, i32x4.dot_i16x8_s(a, v128.load32_splat(weights, 4)));
      }
      v128.store32_lane(target, toBytes(finish(low, high)), 0);
      target += 3;
      entry += <usize>stride;
    }
    source += sourceRow;
  }
}

/** Horizontal pass over rows of one channel. */
export function resampleRowsSingle(
  source: usize,
  sourceWidth: i32,
  rows: i32,
  target: usize,
  targetWidth: i32,
  table: usize,
  stride: i32,
): void {
  for (let y = 0; y < rows; y++) {
    let entry = table;
    for (let x = 0; x < targetWidth; x++) {
      let place = source + <usize>load<i32>(entry);
      const pairs = load<i32>(entry, 4);
      let weights = entry + 8;
      let sum = HALF;
      for (let k = 0; k < pairs; k++) {
        sum += <i32>load<u8>(place) * (<i32>load<u16>(weights) + ((<i32>load<i16>(weights, 4)) << LOW_BITS));
        sum += <i32>load<u8>(place, 1) * (<i32>load<u16>(weights, 2) + ((<i32>load<i16>(weights, 6)) << LOW_BITS));
        place += 2;
        weights += 8;
      }
      sum >>= FRACTION;
      store<u8>(target++, <u8>max(0, min(255, sum)));
      entry += <usize>stride;
    }
    source += <usize>sourceWidth;
  }
}

/**
 * Vertical pass over rows of bytes, whatever the number of channels. `table` has one entry of `stride` bytes per output row. Rows are read
 * and written in whole steps of 16 bytes: up to 15 bytes past the last row.
 */
export function resampleColumns(source: usize, rowBytes: i32, target: usize, targetRows: i32, table: usize, stride: i32): void {
  for (let y = 0; y < targetRows; y++) {
    const from = source + <usize>load<i32>(table) * <usize>rowBytes;
    const pairs = load<i32>(table, 4);
    for (let x = 0; x < rowBytes; x += 16) {
      let place = from + <usize>x;
      let weights = table + 8;
      let low0 = i32x4.splat(0);
      let low1 = i32x4.splat(0);
      let low2 = i32x4.splat(0);
      let low3 = i32x4.splat(0);
      let high0 = i32x4.splat(0);
      let high1 = i32x4.splat(0);
      let high2 = i32x4.splat(0);
      let high3 = i32x4.splat(0);
      for (let k = 0; k < pairs; k++) {
        const upper = v128.load(place);
        const lower = v128.load(place + <usize>rowBytes);
        const front = i8x16.shuffle(upper, lower, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        const back = i8x16.shuffle(upper, lower, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        const lowWeights = v128.load32_splat(weights);
        const highWeights = v128.load32_splat(weights, 4);
        const pixels0 = i16x8.extend_low_i8x16_u(front);
        low0 = i32x4.add(low0, i32x4.dot_i16x8_s(pixels0, lowWeights));
        high0 = i32x4.add(high0, i32x4.dot_i16x8_s(pixels0, highWeights));
        const pixels1 = i16x8.extend_high_i8x16_u(front);
        low1 = i32x4.add(low1, i32x4.dot_i16x8_s(pixels1, lowWeights));
        high1 = i32x4.add(high1, i32x4.dot_i16x8_s(pixels1, highWeights));
        const pixels2 = i16x8.extend_low_i8x16_u(back);
        low2 = i32x4.add(low2, i32x4.dot_i16x8_s(pixels2, lowWeights));
        high2 = i32x4.add(high2, i32x4.dot_i16x8_s(pixels2, highWeights));
        const pixels3 = i16x8.extend_high_i8x16_u(back);
        low3 = i32x4.add(low3, i32x4.dot_i16x8_s(pixels3, lowWeights));
        high3 = i32x4.add(high3, i32x4.dot_i16x8_s(pixels3, highWeights));
        place += <usize>rowBytes * 2;
        weights += 8;
      }
      const front = i16x8.narrow_i32x4_s(finish(low0, high0), finish(low1, high1));
      const back = i16x8.narrow_i32x4_s(finish(low2, high2), finish(low3, high3));
      v128.store(target + <usize>x, i8x16.narrow_i16x8_u(front, back));
    }
    target += <usize>rowBytes;
    table += <usize>stride;
  }
}

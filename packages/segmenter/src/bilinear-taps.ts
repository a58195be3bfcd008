/** For each place of an axis, the two places that it is made of and the share of the second. */
export interface BilinearTaps {
  /** Index of the first place. */
  readonly first: Int32Array;
  /** Index of the second place. */
  readonly second: Int32Array;
  /** Share of the second place, from 0 to 1. */
  readonly share: Float64Array;
}

/** How an axis of `from` places becomes one of `to`, with pixels as areas (`align_corners` false) and without smoothing. */
export function bilinearTaps(from: number, to: number): BilinearTaps {
  const first = new Int32Array(to);
  const second = new Int32Array(to);
  const share = new Float64Array(to);
  for (let place = 0; place < to; place++) {
    const at = Math.max(0, ((place + 0.5) * from) / to - 0.5);
    first[place] = Math.min(Math.floor(at), from - 1);
    second[place] = Math.min(first[place]! + 1, from - 1);
    share[place] = at - Math.floor(at);
  }
  return { first, second, share };
}

/** The same as a matrix `[to, from]`, row by row. */
export function bilinearMatrix(from: number, to: number): Float64Array {
  const { first, second, share } = bilinearTaps(from, to);
  const matrix = new Float64Array(to * from);
  for (let row = 0; row < to; row++) {
    matrix[row * from + first[row]!]! += 1 - share[row]!;
    matrix[row * from + second[row]!]! += share[row]!;
  }
  return matrix;
}

import type { HostTensor, MatrixProduct } from '@reidkit/core-tensor/base';

const TILE = 4;

/** One 4 × 4 tile of the result, summed in float64 so that each number is rounded once. */
function tile(a: Float32Array, b: Float32Array, i: number, j: number, depth: number, out: Float32Array, columns: number): void {
  let a0 = i * depth;
  let a1 = a0 + depth;
  let a2 = a1 + depth;
  let a3 = a2 + depth;
  let b0 = j * depth;
  let b1 = b0 + depth;
  let b2 = b1 + depth;
  let b3 = b2 + depth;
  let s00 = 0, s01 = 0, s02 = 0, s03 = 0; // prettier-ignore
  let s10 = 0, s11 = 0, s12 = 0, s13 = 0; // prettier-ignore
  let s20 = 0, s21 = 0, s22 = 0, s23 = 0; // prettier-ignore
  let s30 = 0, s31 = 0, s32 = 0, s33 = 0; // prettier-ignore
  for (const end = a0 + depth; a0 < end; a0++, a1++, a2++, a3++, b0++, b1++, b2++, b3++) {
    const x0 = a[a0]!, x1 = a[a1]!, x2 = a[a2]!, x3 = a[a3]!; // prettier-ignore
    const y0 = b[b0]!, y1 = b[b1]!, y2 = b[b2]!, y3 = b[b3]!; // prettier-ignore
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3; // prettier-ignore
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3; // prettier-ignore
    s20 += x2 * y0;
    s21 += x2 * y1;
    s22 += x2 * y2;
    s23 += x2 * y3; // prettier-ignore
    s30 += x3 * y0;
    s31 += x3 * y1;
    s32 += x3 * y2;
    s33 += x3 * y3; // prettier-ignore
  }
  let o = i * columns + j;
  out[o] = s00;
  out[o + 1] = s01;
  out[o + 2] = s02;
  out[o + 3] = s03; // prettier-ignore
  o += columns;
  out[o] = s10;
  out[o + 1] = s11;
  out[o + 2] = s12;
  out[o + 3] = s13; // prettier-ignore
  o += columns;
  out[o] = s20;
  out[o + 1] = s21;
  out[o + 2] = s22;
  out[o + 3] = s23; // prettier-ignore
  o += columns;
  out[o] = s30;
  out[o + 1] = s31;
  out[o + 2] = s32;
  out[o + 3] = s33; // prettier-ignore
}

function single(a: Float32Array, b: Float32Array, i: number, j: number, depth: number): number {
  let sum = 0;
  for (let k = 0; k < depth; k++) sum += a[i * depth + k]! * b[j * depth + k]!;
  return sum;
}

function multiply(a: HostTensor<'float32'>, b: HostTensor<'float32'>, out?: Float32Array): Float32Array {
  const [m = 0, depth = 0] = a.shape;
  const n = b.shape[0] ?? 0;
  const result = out ? out.subarray(0, m * n) : new Float32Array(m * n);
  const wholeRows = m - (m % TILE);
  const wholeColumns = n - (n % TILE);
  for (let j = 0; j < wholeColumns; j += TILE) {
    for (let i = 0; i < wholeRows; i += TILE) tile(a.data, b.data, i, j, depth, result, n);
  }
  for (let i = 0; i < m; i++) {
    for (let j = i < wholeRows ? wholeColumns : 0; j < n; j++) result[i * n + j] = single(a.data, b.data, i, j, depth);
  }
  return result;
}

/** The portable matrix product `[m, d], [n, d] → [m, n]`: plain JavaScript, summed in float64, slow for large galleries. */
export const javascriptProduct: MatrixProduct = { name: 'javascript', multiply };

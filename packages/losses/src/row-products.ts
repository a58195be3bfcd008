import { matMul, matchShape, mul, normalizeRows, type Tensor } from '@reidkit/core-tensor';

/** How the products of two lists of rows are taken. */
export interface RowProductOptions {
  /** Divide every row by its length first, so that a product is a cosine. Default: false. */
  readonly normalize?: boolean | undefined;
  /** Divides the products. Default: 1. */
  readonly temperature?: number | undefined;
}

/** Product of every row of `a` with every row of `b`: `a [N, D]`, `b [M, D]` → `[N, M]`. Throws SHAPE_MISMATCH. */
export function rowProducts(a: Tensor, b: Tensor, { normalize = false, temperature = 1 }: RowProductOptions = {}): Tensor {
  const { D } = matchShape('products of rows', a.shape, ['N', 'D']);
  matchShape('products of rows, second list', b.shape, ['M', D]);
  const products = normalize ? matMul(normalizeRows(a), normalizeRows(b), false, true) : matMul(a, b, false, true);
  return temperature === 1 ? products : mul(products, 1 / temperature);
}

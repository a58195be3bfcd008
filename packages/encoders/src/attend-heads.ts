import { add, attention, dropout, matMul, mul, reshape, softmax, transpose, type Context, type Tensor } from '@reidkit/core-tensor';

/** How {@link attendHeads} scores. */
export interface HeadsOptions {
  /** Number of heads; divides the width. */
  readonly heads: number;
  /** Added to the scores; broadcasts to `[B, H, N, M]`. */
  readonly bias?: Tensor | undefined;
  /** Probability of dropping a weight in training. Default: 0. */
  readonly dropout?: number;
}

/** Attention of queries to keys and values that are projected apart: `q [B, N, D]`, `k, v [B, M, D]` → `[B, N, D]`, before the output projection. */
export function attendHeads(q: Tensor, k: Tensor, v: Tensor, ctx: Context, { heads, bias, dropout: rate = 0 }: HeadsOptions): Tensor {
  const [B, N, D] = q.shape as [number, number, number];
  const size = D / heads;
  const apart = (x: Tensor): Tensor => transpose(reshape(x, [B, x.shape[1]!, heads, size]), [0, 2, 1, 3]);
  const [queries, keys, values] = [apart(q), apart(k), apart(v)];
  let attended: Tensor;
  if (ctx.training && rate > 0) {
    const scores = mul(matMul(queries, keys, false, true), size ** -0.5);
    attended = matMul(dropout(softmax(bias ? add(scores, bias) : scores), rate, ctx), values);
  } else attended = attention(queries, keys, values, bias ? { bias } : {});
  return reshape(transpose(attended, [0, 2, 1, 3]), [B, N, D]);
}

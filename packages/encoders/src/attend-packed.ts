import { attention, reshape, split, transpose, type Tensor } from '@reidkit/core-tensor';

/** How {@link attendPacked} scores. */
export interface PackedAttentionOptions {
  /** Number of heads; divides D. */
  readonly heads: number;
  /** Added to the scores; broadcasts to `[B, H, N, N]`, −∞ forbids. */
  readonly bias?: Tensor | undefined;
  /** Factor of the scores. Default: (D / heads)^-0.5. */
  readonly scale?: number | undefined;
}

/** Self-attention on queries, keys and values side by side: `[B, N, 3 D] → [B, N, D]`, before the output projection. */
export function attendPacked(packed: Tensor, { heads, bias, scale }: PackedAttentionOptions): Tensor {
  const [B, N, triple] = packed.shape as [number, number, number];
  const size = triple / 3 / heads;
  const apart = transpose(reshape(packed, [B, N, 3, heads, size]), [2, 0, 3, 1, 4]);
  const [q, k, v] = split(apart, 3).map((part) => reshape(part, [B, heads, N, size]));
  const attended = attention(q!, k!, v!, { ...(bias ? { bias } : {}), ...(scale === undefined ? {} : { scale }) });
  return reshape(transpose(attended, [0, 2, 1, 3]), [B, N, heads * size]);
}

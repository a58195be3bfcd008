import { cast, expandDims, lessEqual, logicalAnd, logicalOr, equal, range, reshape, tile, where, type Tensor } from '@reidkit/core-tensor';

/** Which places queries may look at. */
export interface AllowedPlaces {
  /** Place of each query `[N]` int32, counted as keys are. */
  readonly queries: Tensor;
  /** 1 for a key that is a word, 0 for padding: `[B, M]`. */
  readonly mask: Tensor;
  /** Heads that share keys, one after another: queries are told as often. */
  readonly copies: number;
}

/**
 * 0 where a query may look, −∞ where a key comes later or is padding: `[B, 1, copies · N, M]`. Each query may look at its own place, so that
 * one that is padding has something to look at.
 */
export function causalBias({ queries, mask, copies }: AllowedPlaces): Tensor {
  const [B, M] = mask.shape as [number, number];
  const N = queries.shape[0]!;
  const [at, of] = [reshape(range(0, M, 1, 'int32'), [1, 1, M]), reshape(queries, [1, N, 1])];
  const allowed = logicalOr(logicalAnd(lessEqual(at, of), cast(expandDims(mask, 1), 'bool')), equal(at, of));
  const bias = reshape(where(allowed, 0, -Infinity), [B, 1, N, M]);
  return copies === 1 ? bias : tile(bias, [1, 1, copies, 1]);
}

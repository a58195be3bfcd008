import { concat, matMul, matchShape, mul, normalizeRows, reshape, softmax, transpose, type Tensor } from '@reidkit/core-tensor';

/** Options of {@link prototypeMasks}. */
export interface PrototypeMaskOptions {
  /** Factor of the cosines: how sharp the masks are. Default: 20. */
  readonly gamma?: number;
  /** Least length of a vector that a cosine divides by. Default: 1e-6. */
  readonly epsilon?: number;
}

/**
 * How near each place of a map is to each prototype: `gamma` times the cosine. `map [B, N, D]` (places as rows), `prototypes [P, D]` →
 * `[B, N, P]`, the logits of {@link prototypeMasks}. Throws SHAPE_MISMATCH.
 */
export function prototypeLogits(map: Tensor, prototypes: Tensor, { gamma = 20, epsilon = 1e-6 }: PrototypeMaskOptions = {}): Tensor {
  const { B, N, D } = matchShape('prototypeLogits (map)', map.shape, ['B', 'N', 'D']);
  const { P } = matchShape('prototypeLogits (prototypes)', prototypes.shape, ['P', D]);
  const rows = normalizeRows(reshape(map, [B * N, D]), epsilon);
  const cosines = matMul(rows, normalizeRows(prototypes, epsilon), false, true);
  return mul(reshape(cosines, [B, N, P!]), gamma);
}

/**
 * How much each place of a map belongs to each prototype: softmax over the prototypes of their nearness. `map [B, N, D]`, `prototypes [P, D]`
 * → `[B, P, N]`, which sums to 1 over the prototypes of a place. Throws SHAPE_MISMATCH.
 * @see "Region Generation and Assessment Network for Occluded Person Re-Identification", Eq. 1.
 */
export function prototypeMasks(map: Tensor, prototypes: Tensor, options: PrototypeMaskOptions = {}): Tensor {
  return transpose(softmax(prototypeLogits(map, prototypes, options)), [0, 2, 1]);
}

/** A background in front of the prototypes of regions: `[D]`, `[P, D]` → `[1 + P, D]`. */
export const withBackground = (background: Tensor, prototypes: Tensor): Tensor => concat([reshape(background, [1, -1]), prototypes], 0);

import { add, cast, concat, cos, mul, reshape, sin, split, sub, tensor, type Tensor } from '@reidkit/core-tensor';

/** Cosines and sines of the angles by which {@link rotate} turns, each `[B, 1, N, d / 2]`. */
export interface RotaryAngles {
  readonly cosines: Tensor;
  readonly sines: Tensor;
}

/**
 * Angles of positions `[B, N]` for heads of width d: the pair i of a head turns by `position · base^(−2i/d)`.
 * @see Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding" (2021), Eq. 15.
 */
export function rotaryAngles(positions: Tensor, size: number, base: number): RotaryAngles {
  const [B, N] = positions.shape as [number, number];
  const speeds = Float32Array.from({ length: size / 2 }, (_, i) => 1 / base ** ((2 * i) / size));
  const angles = mul(reshape(cast(positions, 'float32'), [B, 1, N, 1]), tensor(speeds, [1, 1, 1, size / 2]));
  return { cosines: cos(angles), sines: sin(angles) };
}

/** Turns each head by its token's angles, number i together with number i + d/2: `[B, H, N, d] → [B, H, N, d]`. */
export function rotate(x: Tensor, { cosines, sines }: RotaryAngles): Tensor {
  const [first, second] = split(x, 2, -1) as [Tensor, Tensor];
  return concat([sub(mul(first, cosines), mul(second, sines)), add(mul(second, cosines), mul(first, sines))], -1);
}

import { concat, fill, greater, mul, reshape, stopGradient, sub, tensor, transpose, where, zeros, zerosLike, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore

/** How {@link maskGate} closes. */
export interface MaskGateOptions {
  /** A patch is open to a part when its probability is above this. Default: 0.5. */
  readonly threshold?: number;
  /** Instead of closing, weigh by (2 P − 1) times this number; then gradients pass. */
  readonly soft?: number | undefined;
}

/**
 * What part masks add to attention scores: `probabilities [B, P, N]` → `[B, P, N]` of 0 (open) and −∞ (closed). No gradient passes, unless it is
 * soft.
 * @see "Multi-Grained Vision-Language Alignment for Domain Generalized Person Re-Identification", Eq. 6.
 */
export function maskGate(probabilities: Tensor, { threshold = 0.5, soft }: MaskGateOptions = {}): Tensor {
  if (soft !== undefined) return mul(sub(mul(probabilities, 2), 1), soft);
  const held = stopGradient(probabilities);
  return where(greater(held, threshold), zerosLike(held), fill(held.shape, -Infinity));
}

/** Which patches see which parts. */
export interface PartBiasOptions {
  /** Whether a patch outside of a part does not see that part's token. Default: true; false lets patches see all of them. */
  readonly blockTransposed?: boolean;
}

/**
 * Attention scores' bias from a gate of parts and patches: `gate [B, P, N]` → `[B, 1, T, T]` over class token, part tokens and patches. The class
 * token sees all and is seen by all; a part token sees itself and its patches, never another part's token; a patch sees all patches, and the
 * tokens of the parts that it lies in. So every row has at least two open places, whatever the masks.
 * @see "Multi-Grained Vision-Language Alignment for Domain Generalized Person Re-Identification", Eq. 7, whose padding is the released code's.
 */
export function partAttentionBias(gate: Tensor, { blockTransposed = true }: PartBiasOptions = {}): Tensor {
  const [B, P, N] = gate.shape as [number, number, number];
  const T = 1 + P + N;
  const others = Float32Array.from({ length: B * P * P }, (_, at) => (Math.floor(at / P) % P === at % P ? 0 : -Infinity));
  const partRows = concat([zeros([B, P, 1]), tensor(others, [B, P, P]), gate], 2);
  const back = blockTransposed ? transpose(gate, [0, 2, 1]) : zeros([B, N, P]);
  const patchRows = concat([zeros([B, N, 1]), back, zeros([B, N, N])], 2);
  return reshape(concat([zeros([B, 1, T]), partRows, patchRows], 1), [B, 1, T, T]);
}

import { add, matMul, mul, reshape, softmax, sub, sum, type Tensor } from '../tensor.ts';
import { fused, type FusedInputs } from './fused.ts';

const grad = fused({
  name: 'ReidAttentionGrad',
  composite: ({ q, k, v, weights, out, dy }, { scale }) => {
    const rows = sum(mul(dy!, out!), -1, true); // = row sums of (dy vᵀ) · weights, taken over d instead of N
    const scores = mul(weights!, sub(matMul(dy!, v!, false, true), rows));
    const scaled = mul(scores, scale as number);
    return [matMul(scaled, k!), matMul(scaled, q!, true, false), matMul(weights!, dy!, true, false), scores];
  },
});

/** Sums `value` over the axes that were broadcast to reach its shape from `shape`. */
function unbroadcast(value: Tensor, shape: readonly number[]): Tensor {
  const lead = value.rank - shape.length;
  const axes = value.shape.map((_, axis) => axis).filter((axis) => axis < lead || (shape[axis - lead] === 1 && value.shape[axis] !== 1));
  return axes.length === 0 ? value : reshape(sum(value, axes, true), [...shape]);
}

const run = fused({
  name: 'ReidAttention',
  composite: ({ q, k, v, bias }, { scale }) => {
    const scores = mul(matMul(q!, k!, false, true), scale as number);
    const weights = softmax(bias ? add(scores, bias) : scores);
    return [matMul(weights, v!), weights];
  },
  saves: { inputs: ['q', 'k', 'v'], outputs: [true, true] },
  gradient: ({ gradients, inputs, outputs, attributes }) => {
    const saved: FusedInputs = { q: inputs.q!, k: inputs.k!, v: inputs.v!, out: outputs[0]!, weights: outputs[1]!, dy: gradients[0]! };
    const [dq, dk, dv, scores] = grad(saved, { scale: attributes.scale! });
    return { q: dq!, k: dk!, v: dv!, bias: () => unbroadcast(scores!, attributes.biasShape as readonly number[]) };
  },
});

/** Options of {@link attention}. */
export interface AttentionOptions {
  /** Added to the scores before the softmax; broadcasts to `[B, H, Nq, Nk]`; −∞ forbids. At least one place per row must be allowed. */
  readonly bias?: Tensor;
  /** Multiplies the scores; `d^-0.5` unless given. */
  readonly scale?: number;
}

/** Scaled dot-product attention: `q [B, H, Nq, d]`, `k, v [B, H, Nk, d]` → `[B, H, Nq, d]`. */
export function attention(q: Tensor, k: Tensor, v: Tensor, { bias, scale = q.shape.at(-1)! ** -0.5 }: AttentionOptions = {}): Tensor {
  return (bias ? run({ q, k, v, bias }, { scale, biasShape: bias.shape }) : run({ q, k, v }, { scale }))[0]!;
}

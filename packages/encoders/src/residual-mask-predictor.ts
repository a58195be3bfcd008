import { Module, ReidError, add, attention, div, matMul, matchShape, quickGelu, reshape, sigmoid, slice, toTensor, transpose, type Context, type HostTensor, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { z } from 'zod';
import { CLIP_EPSILON } from './clip-transformer.ts';
import { Identity } from './identity.ts';
import { LayerNorm } from './layer-norm.ts';
import { Linear } from './linear.ts';
import { bilinearWeights, type PatchGrid } from './resize-positions.ts';

/** Options of a {@link ResidualMaskPredictor} that ablations change. */
export const maskPredictorOptions = z.strictObject({
  heads: z.number().int().positive().default(2).describe('Heads of the attention to the patches; divides the width (2; 8 for large data).'),
  layerNorm: z
    .boolean()
    .default(true)
    .describe('Normalise part tokens and patches before the attention, and its result before the perceptron.'),
  innerResidual: z.boolean().default(true).describe('Add the part tokens to what their attention gives.'),
  accumulates: z.boolean().default(true).describe("Add each layer's logits to those of the layer before."),
  outputGrid: z
    .tuple([z.number().int().min(1).max(512), z.number().int().min(1).max(512)])
    .optional()
    .describe(
      'Rows and columns that the weights predict for, as in a checkpoint of another image size; resized (bilinear) to the patches.',
    ),
  temperature: z.number().positive().default(1).describe('Divides the logits before the sigmoid.'),
});

/** Options of {@link maskPredictorOptions} and the sizes of a {@link ResidualMaskPredictor}. */
export type MaskPredictorOptions = z.input<typeof maskPredictorOptions> & MaskPredictorSizes;

type CompleteOptions = z.output<typeof maskPredictorOptions> & MaskPredictorSizes;

/** Sizes of a {@link ResidualMaskPredictor}. */
export interface MaskPredictorSizes {
  /** Number of layers that it predicts masks for. */
  readonly depth: number;
  /** Width of the tokens, D. */
  readonly width: number;
  /** Number of part tokens, P. */
  readonly parts: number;
  /** Number of patches, N; the weights are tied to it, unless there is an output grid. */
  readonly patches: number;
  /** Rows and columns of the patches; needed with an output grid. */
  readonly grid?: PatchGrid;
}

/** What a layer's predictor gives, each `[B, P, N]`. */
export interface PredictedMasks {
  readonly logits: Tensor;
  /** Sigmoid of the logits: how surely a patch belongs to a part. */
  readonly probabilities: Tensor;
}

/**
 * Attention of a few queries to many patches, heads apart, without biases in front: `q [B, P, D]`, `patches [B, N, D]` → `[B, P, D]`. Keys and
 * values are never made: since scores are products, the key projection is applied to the queries and the value projection to the weighted means,
 * P of each instead of N.
 */
class FewQueryAttention extends Module {
  readonly to_q: Linear;
  readonly to_k: Linear;
  readonly to_v: Linear;
  readonly to_out: readonly [Linear];
  readonly #heads: number;

  constructor(width: number, heads: number) {
    super();
    const project = (hasBias: boolean): Linear => new Linear({ inputs: width, outputs: width, hasBias });
    this.to_q = project(false);
    this.to_k = project(false);
    this.to_v = project(false);
    this.to_out = [project(true)];
    this.#heads = heads;
  }

  forward(queries: Tensor, patches: Tensor, ctx: Context): Tensor {
    const [B, P, D] = queries.shape as [number, number, number];
    const N = patches.shape[1]!;
    const heads = this.#heads;
    const size = D / heads;
    const perHead = ({ weight }: Linear): Tensor => reshape(weight.value, [heads, size, D]);
    const asked = transpose(reshape(this.to_q.forward(queries, ctx), [B * P, heads, size]), [1, 0, 2]);
    const keyed = matMul(asked, perHead(this.to_k)); // [H, B · P, D]
    const inBatch = reshape(transpose(reshape(keyed, [heads, B, P, D]), [1, 0, 2, 3]), [B, 1, heads * P, D]);
    const all = reshape(patches, [B, 1, N, D]);
    const means = reshape(attention(inBatch, all, all, { scale: size ** -0.5 }), [B, heads, P, D]);
    const valued = matMul(reshape(transpose(means, [1, 0, 2, 3]), [heads, B * P, D]), perHead(this.to_v), false, true);
    return this.to_out[0].forward(reshape(transpose(valued, [1, 0, 2]), [B, P, D]), ctx);
  }
}

/** Names of a block as the released code has them. */
class MaskPredictorBlock extends Module {
  readonly cross_attn: FewQueryAttention;
  readonly ln_attn1: LayerNorm | undefined;
  readonly ln_attn2: LayerNorm | undefined;
  readonly ln_mlp: LayerNorm | undefined;
  readonly mlp: readonly [Linear, Identity, Linear];
  readonly #innerResidual: boolean;

  constructor({ width, patches, heads, layerNorm, innerResidual }: CompleteOptions) {
    super();
    const norm = (): LayerNorm | undefined => (layerNorm ? new LayerNorm({ width, epsilon: CLIP_EPSILON }) : undefined);
    this.cross_attn = new FewQueryAttention(width, heads);
    this.ln_attn1 = norm();
    this.ln_attn2 = norm();
    this.ln_mlp = norm();
    this.mlp = [new Linear({ inputs: width, outputs: patches }), new Identity(), new Linear({ inputs: patches, outputs: patches })];
    this.#innerResidual = innerResidual;
  }

  /** `parts [B, P, D]`, `patches [B, N, D]` → `[B, P, N]` */
  forward(parts: Tensor, patches: Tensor, ctx: Context): Tensor {
    const normed = (norm: LayerNorm | undefined, x: Tensor): Tensor => norm?.forward(x, ctx) ?? x;
    const attended = this.cross_attn.forward(normed(this.ln_attn1, parts), normed(this.ln_attn2, patches), ctx);
    const residual = this.#innerResidual ? add(attended, parts) : attended;
    return this.mlp[2].forward(quickGelu(this.mlp[0].forward(normed(this.ln_mlp, residual), ctx)), ctx);
  }
}

/**
 * Guesses in front of every layer of a vision transformer which patches belong to which part, from that layer's input: part tokens attend to the
 * patches, a perceptron makes logits of what they found, and the logits of all layers so far are summed. What the part tokens found is not
 * written back. Throws INVALID_ARGUMENT for heads that do not divide the width, and for an output grid without the patches'.
 * @see "Multi-Grained Vision-Language Alignment for Domain Generalized Person Re-Identification", Eq. 5.
 */
export class ResidualMaskPredictor extends Module {
  readonly blocks: readonly MaskPredictorBlock[];
  readonly #options: CompleteOptions;
  /** From the cells that are predicted to the patches, where those are others. */
  readonly #resize: HostTensor | undefined;

  constructor({ depth, width, parts, patches, grid, ...rest }: MaskPredictorOptions) {
    super();
    const options = { depth, width, parts, patches, ...maskPredictorOptions.parse(rest) };
    if (width % options.heads !== 0) {
      throw new ReidError('INVALID_ARGUMENT', `ResidualMaskPredictor expected heads that divide its width ${width}, got ${options.heads}.`);
    }
    const { outputGrid } = options;
    if (outputGrid && !grid)
      throw new ReidError('INVALID_ARGUMENT', 'ResidualMaskPredictor got an output grid without "grid", that of the patches.');
    this.#resize = outputGrid && grid ? bilinearWeights(outputGrid, grid) : undefined;
    const outputs = outputGrid ? outputGrid[0] * outputGrid[1] : patches;
    this.blocks = Array.from({ length: depth }, () => new MaskPredictorBlock({ ...options, patches: outputs }));
    this.#options = options;
  }

  /**
   * Masks for a layer from its input `tokens [B, 1 + P + N, D]` (class, parts, patches) and the logits of the layer before `[B, P, N]`.
   * Throws SHAPE_MISMATCH.
   */
  forward(tokens: Tensor, layer: number, before: Tensor | undefined, ctx: Context): PredictedMasks {
    const { parts: P, patches: N, width: D, accumulates, temperature } = this.#options;
    const { B } = matchShape('ResidualMaskPredictor', tokens.shape, ['B', 1 + P + N, D]);
    const made = this.blocks[layer]!.forward(slice(tokens, [0, 1, 0], [B, P, D]), slice(tokens, [0, 1 + P, 0], [B, N, D]), ctx);
    const own = this.#resize ? reshape(matMul(reshape(made, [B * P, -1]), toTensor(this.#resize)), [B, P, N]) : made;
    const logits = accumulates && before ? add(own, before) : own;
    return { logits, probabilities: sigmoid(temperature === 1 ? logits : div(logits, temperature)) };
  }
}

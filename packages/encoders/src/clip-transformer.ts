import { Module, ReidError, normalInit, type Context, type Tensor } from '@reidkit/core-tensor';
import { ClipAttention } from './clip-attention.ts';
import { ClipBlock, ClipMlp, type ValueLayer } from './clip-block.ts';
import { LayerNorm } from './layer-norm.ts';
import { Linear, type LinearOptions } from './linear.ts';
import { runLayer } from './run-layer.ts';
import type { LayerCall, TokenLayer, TokenMap } from './token-layer.ts';

/** Added to the variance in every layer norm of CLIP. */
export const CLIP_EPSILON = 1e-5;

/** What a layer of CLIP's transformers is built from. */
export interface ClipLayerOptions {
  readonly width: number;
  readonly heads: number;
  /** Number of layers of the whole transformer: first weights that write to the tokens are smaller in deeper ones. */
  readonly depth: number;
  /** Makes the three projections that are modules. Default: {@link Linear}. */
  readonly project?: (place: 'out_proj' | 'c_fc' | 'c_proj', options: LinearOptions) => TokenMap;
}

/** One layer of CLIP's transformers. */
export function clipLayer({ width, heads, depth, project = (_place, sizes) => new Linear(sizes) }: ClipLayerOptions): ClipBlock {
  const writes = normalInit((2 * depth * width) ** -0.5);
  const norm = (): LayerNorm => new LayerNorm({ width, epsilon: CLIP_EPSILON });
  const out_proj = project('out_proj', { inputs: width, outputs: width, initialize: writes });
  return new ClipBlock({
    ln_1: norm(),
    attn: new ClipAttention({ width, heads, out_proj }),
    ln_2: norm(),
    mlp: new ClipMlp({
      c_fc: project('c_fc', { inputs: width, outputs: 4 * width, initialize: normalInit((2 * width) ** -0.5) }),
      c_proj: project('c_proj', { inputs: 4 * width, outputs: width, initialize: writes }),
    }),
  });
}

/** What {@link ClipTransformer.forward} is told beside the tokens. */
export interface ClipTransformerCall {
  /** Added to the attention scores of a layer, from that layer's input tokens: broadcasts to `[B, H, N, N]`. */
  readonly attentionBias?: ((layer: number, tokens: Tensor) => Tensor | undefined) | undefined;
  readonly side?: LayerCall['side'];
}

/** CLIP's layers one after the other, for images and for texts. */
export class ClipTransformer extends Module {
  readonly resblocks: readonly TokenLayer[];
  readonly #again: boolean;

  constructor(resblocks: readonly TokenLayer[], { recompute = false }: { readonly recompute?: boolean } = {}) {
    super();
    this.resblocks = resblocks;
    this.#again = recompute;
  }

  /** Whether any layer attends to `side` tokens. */
  get usesSide(): boolean {
    return this.resblocks.some((layer) => layer.usesSide);
  }

  /** `[B, N, D]` → what enters and what leaves the last layer, each `[B, N, D]`. */
  forward(
    x: Tensor,
    ctx: Context,
    { attentionBias, side }: ClipTransformerCall = {},
  ): { readonly beforeLast: Tensor; readonly last: Tensor } {
    let [beforeLast, last] = [x, x];
    this.resblocks.forEach((block, layer) => {
      beforeLast = last;
      last = runLayer(block, last, ctx, { again: this.#again, bias: attentionBias?.(layer, last), side });
    });
    return { beforeLast, last };
  }

  /** The last layer without attention, residual and perceptron: `[B, N, D] → [B, N, D]`. Throws INVALID_ARGUMENT when it cannot. */
  valueOnly(beforeLast: Tensor, ctx: Context): Tensor {
    const last = this.resblocks.at(-1) as Partial<ValueLayer> | undefined;
    if (last?.valueOnly) return last.valueOnly(beforeLast, ctx);
    throw new ReidError('INVALID_ARGUMENT', 'The last layer of this transformer has no value-only form.', {
      hint: 'give it a method valueOnly(x, ctx), or leave the option "valueOnly" out.',
    });
  }
}

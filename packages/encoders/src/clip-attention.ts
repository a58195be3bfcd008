import { Module, add, linear, normalInit, parameter, slice, zerosInit, type Context, type Parameter, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { attendPacked } from './attend-packed.ts';
import type { LayerCall, TokenLayer, TokenMap } from './token-layer.ts';

/** Parts and numbers of a {@link ClipAttention}. */
export interface ClipAttentionParts {
  /** Width of the tokens, D. */
  readonly width: number;
  /** Number of heads; divides D. */
  readonly heads: number;
  /** `[..., D] → [..., D]`, after the heads are joined. */
  readonly out_proj: TokenMap;
}

/** Self-attention named as torch's `nn.MultiheadAttention`, which CLIP is made of. */
export class ClipAttention extends Module implements TokenLayer {
  /** Queries, keys and values one below the other: `[3 D, D]`. */
  readonly in_proj_weight: Parameter;
  /** `[3 D]` */
  readonly in_proj_bias: Parameter;
  readonly out_proj: TokenMap;
  /** Number of heads. */
  readonly heads: number;

  constructor({ width, heads, out_proj }: ClipAttentionParts) {
    super();
    this.in_proj_weight = parameter([3 * width, width], normalInit(width ** -0.5));
    this.in_proj_bias = parameter([3 * width], zerosInit);
    this.out_proj = out_proj;
    this.heads = heads;
  }

  /** `[B, N, D] → [B, N, D]`. Throws SHAPE_MISMATCH for tokens of another width. */
  forward(x: Tensor, ctx: Context, { bias, addToHeads }: LayerCall = {}): Tensor {
    const project = (tokens: Tensor): Tensor => linear(tokens, this.in_proj_weight.value, this.in_proj_bias.value);
    const packed = project(x);
    const attended = attendPacked(packed, { heads: this.heads, bias });
    const added = addToHeads?.({ packed, scale: (x.shape.at(-1)! / this.heads) ** -0.5, project });
    return this.out_proj.forward(added ? add(attended, added) : attended, ctx);
  }

  /** What each token says, without looking at others: values and output projection, `[B, N, D] → [B, N, D]`. */
  valueOnly(x: Tensor, ctx: Context): Tensor {
    const [rows, width] = this.in_proj_weight.shape as [number, number];
    const weight = slice(this.in_proj_weight.value, [rows - width, 0], [width, width]);
    return this.out_proj.forward(linear(x, weight, slice(this.in_proj_bias.value, [rows - width], [width])), ctx);
  }
}

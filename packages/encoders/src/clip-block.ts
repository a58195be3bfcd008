import { Module, add, quickGelu, type Context, type Tensor } from '@reidkit/core-tensor';
import type { LayerCall, TokenLayer, TokenMap } from './token-layer.ts';

/** A layer that can also give what each token would say to others, without attention, residual and perceptron. */
export interface ValueLayer extends TokenLayer {
  /** `[B, N, D] → [B, N, D]` */
  valueOnly(x: Tensor, ctx: Context): Tensor;
}

/** Two-layer perceptron with CLIP's GELU, named as in CLIP. */
export class ClipMlp extends Module {
  readonly c_fc: TokenMap;
  readonly c_proj: TokenMap;

  constructor({ c_fc, c_proj }: { readonly c_fc: TokenMap; readonly c_proj: TokenMap }) {
    super();
    this.c_fc = c_fc;
    this.c_proj = c_proj;
  }

  /** `[..., D] → [..., D]` */
  forward(x: Tensor, ctx: Context): Tensor {
    return this.c_proj.forward(quickGelu(this.c_fc.forward(x, ctx)), ctx);
  }
}

/** Parts of a {@link ClipBlock}. */
export interface ClipBlockParts {
  readonly ln_1: TokenMap;
  readonly attn: ValueLayer;
  readonly ln_2: TokenMap;
  readonly mlp: TokenMap;
}

/** One layer of CLIP's transformers, norm first: `x + attn(ln_1(x))`, then `x + mlp(ln_2(x))`, named as in CLIP. */
export class ClipBlock extends Module implements ValueLayer {
  readonly ln_1: TokenMap;
  readonly attn: ValueLayer;
  readonly ln_2: TokenMap;
  readonly mlp: TokenMap;

  constructor({ ln_1, attn, ln_2, mlp }: ClipBlockParts) {
    super();
    this.ln_1 = ln_1;
    this.attn = attn;
    this.ln_2 = ln_2;
    this.mlp = mlp;
  }

  /** Whether its attention attends to `side` tokens. */
  get usesSide(): boolean {
    return this.attn.usesSide ?? false;
  }

  /** `[B, N, D] → [B, N, D]` */
  forward(x: Tensor, ctx: Context, call: LayerCall = {}): Tensor {
    const attended = add(x, this.attn.forward(this.ln_1.forward(x, ctx), ctx, call));
    return add(attended, this.mlp.forward(this.ln_2.forward(attended, ctx), ctx));
  }

  /** Values and output projection of the normalised tokens alone: `[B, N, D] → [B, N, D]`. */
  valueOnly(x: Tensor, ctx: Context): Tensor {
    return this.attn.valueOnly(this.ln_1.forward(x, ctx), ctx);
  }
}

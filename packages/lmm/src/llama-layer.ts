import { Module, add, mul, sigmoid, type Context, type Tensor } from '@reidkit/core-tensor';
import type { TokenMap } from '@reidkit/encoders';
import type { LlamaAttention, LlamaLayerCall } from './llama-attention.ts';

/** Parts of a {@link LlamaMlp}, named as its projections are in checkpoints. */
export interface LlamaMlpParts {
  /** `[..., D] → [..., F]` */
  readonly gate_proj: TokenMap;
  /** `[..., D] → [..., F]` */
  readonly up_proj: TokenMap;
  /** `[..., F] → [..., D]` */
  readonly down_proj: TokenMap;
}

/**
 * Perceptron whose hidden numbers are multiplied by a gate.
 * @see Shazeer, "GLU Variants Improve Transformer" (2020), Eq. 6 (SwiGLU).
 */
export class LlamaMlp extends Module {
  readonly gate_proj: TokenMap;
  readonly up_proj: TokenMap;
  readonly down_proj: TokenMap;

  constructor({ gate_proj, up_proj, down_proj }: LlamaMlpParts) {
    super();
    this.gate_proj = gate_proj;
    this.up_proj = up_proj;
    this.down_proj = down_proj;
  }

  /** `[..., D] → [..., D]` */
  forward(x: Tensor, ctx: Context): Tensor {
    const gate = this.gate_proj.forward(x, ctx);
    return this.down_proj.forward(mul(mul(gate, sigmoid(gate)), this.up_proj.forward(x, ctx)), ctx);
  }
}

/** Parts of a {@link LlamaLayer}. */
export interface LlamaLayerParts {
  readonly input_layernorm: TokenMap;
  readonly self_attn: LlamaAttention;
  readonly post_attention_layernorm: TokenMap;
  readonly mlp: TokenMap;
}

/** One layer of LLaMA: attention and perceptron, each behind a norm and beside a residual path. */
export class LlamaLayer extends Module {
  readonly self_attn: LlamaAttention;
  readonly mlp: TokenMap;
  readonly input_layernorm: TokenMap;
  readonly post_attention_layernorm: TokenMap;

  constructor({ input_layernorm, self_attn, post_attention_layernorm, mlp }: LlamaLayerParts) {
    super();
    this.self_attn = self_attn;
    this.mlp = mlp;
    this.input_layernorm = input_layernorm;
    this.post_attention_layernorm = post_attention_layernorm;
  }

  /** `[B, N, D] → [B, N, D]` */
  forward(x: Tensor, ctx: Context, call: LlamaLayerCall): Tensor {
    const attended = add(x, this.self_attn.forward(this.input_layernorm.forward(x, ctx), ctx, call));
    return add(attended, this.mlp.forward(this.post_attention_layernorm.forward(attended, ctx), ctx));
  }
}

import { EVALUATION, Module, type Context, type Tensor } from '@reidkit/core-tensor';
import { gatedSideAttention, vitLayer, type GatedSideAttentionOptions, type TokenLayer } from '@reidkit/encoders';
import type { GoldenCase } from './adapter.ts';

/** Layers of a vision transformer that attend to an instruction, as the cases of gated layers have them. */
export class GatedLayers extends Module {
  readonly blocks: readonly TokenLayer[];

  constructor({ json }: GoldenCase, options: GatedSideAttentionOptions) {
    super();
    const { width, heads, layers, mlp_ratio: mlpRatio } = json.config;
    this.blocks = Array.from({ length: layers }, () => vitLayer({ width, heads, mlpRatio }));
    gatedSideAttention({ ...options, width }).attach(this);
  }

  /** Tokens after the first and after the last layer. */
  run(tokens: Tensor, side?: { readonly tokens: Tensor; readonly mask?: Tensor }, ctx: Context = EVALUATION): readonly [Tensor, Tensor] {
    const after = this.blocks.reduce<Tensor[]>((all, block) => [...all, block.forward(all.at(-1)!, ctx, { side })], [tokens]);
    return [after[1]!, after.at(-1)!];
  }
}

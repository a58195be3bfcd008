import { Module, transpose } from '@reidkit/core-tensor';
import { ResidualMaskPredictor } from '@reidkit/encoders';
import type { GoldenAdapter } from '../adapter.ts';
import { compareModel } from '../compare-model.ts';

/** The predictor in its place in MUVA's checkpoints. */
class Predictor extends Module {
  readonly residual_mask_predictor: ResidualMaskPredictor;

  constructor(predictor: ResidualMaskPredictor) {
    super();
    this.residual_mask_predictor = predictor;
  }
}

export const adapter: GoldenAdapter = {
  family: 'muva-rmp',
  run(golden) {
    const { grid_h: high, grid_w: wide, width, layers: depth, parts, rmp_heads: heads, rmp_norm: layerNorm, rmp_shortcut: innerResidual, tau: temperature } = golden.json.config;
    const model = new Predictor(new ResidualMaskPredictor({ depth, width, parts, patches: high * wide, heads, layerNorm, innerResidual, temperature }));
    compareModel(golden, {
      model,
      forward: (inputs, ctx) => {
        let before;
        const outputs: Record<string, ReturnType<typeof transpose>> = {};
        for (let layer = 0; layer < depth; layer++) {
          const tokens = transpose(inputs[`tokens_${layer}`]!, [1, 0, 2]);
          const { logits, probabilities } = model.residual_mask_predictor.forward(tokens, layer, before, ctx);
          outputs[`logits_${layer}`] = before = logits;
          outputs[`probs_${layer}`] = probabilities;
        }
        return outputs;
      },
    });
  },
};

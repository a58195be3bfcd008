import type { GoldenAdapter } from '../adapter.ts';
import { compareModel } from '../compare-model.ts';
import { GatedLayers } from '../gated-layers.ts';

export const adapter: GoldenAdapter = {
  family: 'irm-editing-paper',
  run(golden) {
    const { instruction_width: sideWidth, gate_per_head: perHead, gate_tanh: bounded, instruction_norm: sideNorm } = golden.json.config;
    const model = new GatedLayers(golden, { sideWidth, gate: perHead ? 'head' : 'layer', bounded, sideNorm });
    compareModel(golden, {
      model,
      forward: ({ tokens, instruction, instruction_mask: mask }, ctx) => {
        const [first, last] = model.run(tokens!, { tokens: instruction!, ...(mask ? { mask } : {}) }, ctx);
        return { tokens: last, tokens_block0: first };
      },
    });
  },
};

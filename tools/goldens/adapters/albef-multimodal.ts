import { EVALUATION } from '@reidkit/core-tensor';
import { bert } from '@reidkit/encoders';
import type { GoldenAdapter } from '../adapter.ts';
import { bertOptionsOf, isPositionIds, sideOf } from '../bert-case.ts';
import { compareModel } from '../compare-model.ts';

export const adapter: GoldenAdapter = {
  family: 'albef-multimodal',
  run(golden) {
    const model = bert(bertOptionsOf(golden));
    compareModel(golden, {
      model,
      ignoredWeights: isPositionIds,
      forward: (inputs, ctx) => {
        const input = { ids: inputs.ids!, mask: inputs.attention_mask! };
        const side = sideOf(inputs);
        const { tokens, summary } = model.forward(input, ctx, { side });
        return {
          hidden: tokens,
          cls: summary,
          embeddings: model.embeddings.forward(model.embed(inputs.ids!), EVALUATION),
          hidden_text_then_fusion: model.fuse(model.forward(input, ctx), ctx, side).tokens,
        };
      },
    });
  },
};

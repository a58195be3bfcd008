import { bert } from '@reidkit/encoders';
import type { GoldenAdapter } from '../adapter.ts';
import { bertOptionsOf, isPositionIds, sideOf } from '../bert-case.ts';
import { compareModel } from '../compare-model.ts';

export const adapter: GoldenAdapter = {
  family: 'albef-fusion',
  run(golden) {
    const model = bert(bertOptionsOf(golden));
    compareModel(golden, {
      model,
      ignoredWeights: isPositionIds,
      forward: (inputs, ctx) => {
        const text = { tokens: inputs.text_embeds!, mask: inputs.attention_mask! };
        const { tokens, summary } = model.fuse(text, ctx, sideOf(inputs));
        return { hidden: tokens, cls: summary };
      },
    });
  },
};

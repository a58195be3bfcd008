import { EVALUATION } from '@reidkit/core-tensor';
import { bert } from '@reidkit/encoders';
import type { GoldenAdapter } from '../adapter.ts';
import { bertOptionsOf, isPositionIds } from '../bert-case.ts';
import { compareModel } from '../compare-model.ts';

export const adapter: GoldenAdapter = {
  family: 'albef-text',
  run(golden) {
    const model = bert(bertOptionsOf(golden));
    compareModel(golden, {
      model,
      ignoredWeights: isPositionIds,
      forward: ({ ids, attention_mask: mask }, ctx) => {
        const { tokens, summary } = model.forward({ ids: ids!, mask: mask! }, ctx);
        return { hidden: tokens, cls: summary, embeddings: model.embeddings.forward(model.embed(ids!), EVALUATION) };
      },
    });
  },
};

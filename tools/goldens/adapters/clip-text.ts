import { argMax } from '@reidkit/core-tensor';
import { clipText } from '@reidkit/encoders';
import type { GoldenAdapter } from '../adapter.ts';
import { clipTextOptionsOf } from '../clip-case.ts';
import { compareModel } from '../compare-model.ts';

export const adapter: GoldenAdapter = {
  family: 'clip-text',
  run(golden) {
    const encoder = clipText(clipTextOptionsOf(golden));
    compareModel(golden, {
      model: encoder,
      comparedElsewhere: ['hidden'], // in front of the final norm, whose result is compared
      forward: ({ ids }, ctx) => {
        const { tokens, summary } = encoder.forward({ ids: ids! }, ctx);
        return { token_embeddings: encoder.embed(ids!), hidden_ln_final: tokens, text_features: summary, eot_index: argMax(ids!, 1) };
      },
    });
  },
};

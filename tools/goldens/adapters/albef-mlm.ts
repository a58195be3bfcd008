import { BertForMaskedWords, bert } from '@reidkit/encoders';
import { maskedWordsLoss } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { bertOptionsOf, callOf, isPositionIds } from '../bert-case.ts';
import { compareModel } from '../compare-model.ts';

export const adapter: GoldenAdapter = {
  family: 'albef-mlm',
  run(golden) {
    const model = new BertForMaskedWords(bert(bertOptionsOf(golden)));
    compareModel(golden, {
      model,
      ignoredWeights: isPositionIds,
      forward: (inputs, ctx) => {
        const { tokens } = model.bert.forward({ ids: inputs.ids!, mask: inputs.attention_mask! }, ctx, callOf(golden, inputs));
        const logits = model.scores(tokens, ctx);
        const soft = { soft: inputs.soft_labels!, softShare: golden.json.config.alpha };
        return { logits, mlm_loss: maskedWordsLoss(logits, inputs.labels!, soft), hard_loss: maskedWordsLoss(logits, inputs.labels!) };
      },
    });
  },
};

import { EVALUATION, add, zeros } from '@reidkit/core-tensor';
import { nextWordLoss } from '@reidkit/lmm';
import type { GoldenAdapter } from '../adapter.ts';
import { goldenWeights } from '../compare-model.ts';
import { compareScalarCase, inputsOf, llamaOf } from '../llama-case.ts';

export const adapter: GoldenAdapter = {
  family: 'llama-lm',
  run(golden) {
    const model = llamaOf(golden);
    compareScalarCase(golden, {
      model,
      weights: goldenWeights(golden),
      variables: () => ({ inputs_embeds: zeros([...inputsOf(golden).input_ids!.shape, model.sizes.width]) }),
      run: ({ inputs_embeds: shift }) => {
        const { input_ids: ids, labels } = inputsOf(golden);
        // A shift of nothing has the gradient of the vectors themselves.
        const { embeddings, layers, states } = model.forward({ embeddings: add(model.embed(ids!), shift!) }, EVALUATION);
        const logits = model.logits(states, EVALUATION);
        const value = nextWordLoss(logits, labels!);
        const hidden = [embeddings, ...layers.slice(0, -1), states];
        return { value, outputs: { ...Object.fromEntries(hidden.map((tensor, i) => [`hidden${i}`, tensor])), logits, loss: value } };
      },
    });
  },
};

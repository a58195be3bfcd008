import { EVALUATION, add, cast, expandDims, mul, type Tensors } from '@reidkit/core-tensor';
import { nextWordLoss } from '@reidkit/lmm';
import type { GoldenAdapter } from '../adapter.ts';
import { goldenWeights } from '../compare-model.ts';
import { compareScalarCase, inputsOf, llamaOf } from '../llama-case.ts';

export const adapter: GoldenAdapter = {
  family: 'llama-pad',
  run(golden) {
    const model = llamaOf(golden);
    const padded = (side: string): Tensors => {
      const { input_ids: ids, attention_mask: given, labels } = inputsOf(golden, `${side}.`);
      const mask = cast(given!, 'float32');
      const { states } = model.forward({ ids, mask }, EVALUATION);
      const logits = model.logits(states, EVALUATION);
      const words = expandDims(mask, -1);
      return { [`${side}.hidden`]: mul(states, words), [`${side}.logits`]: mul(logits, words), [`${side}.loss`]: nextWordLoss(logits, labels!) };
    };
    compareScalarCase(golden, {
      model,
      weights: goldenWeights(golden),
      run: () => {
        const outputs = { ...padded('right'), ...padded('left') };
        return { value: add(outputs['right.loss']!, mul(outputs['left.loss']!, 0.5)), outputs };
      },
    });
  },
};

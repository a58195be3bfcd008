import { disposeModule, loadStateDict, scoped } from '@reidkit/core-tensor';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { compareModel, goldenWeights } from '../compare-model.ts';
import { GatedLayers } from '../gated-layers.ts';
import { goldenTensor } from '../golden-tensors.ts';

const RELEASED = { keys: 'shared', gate: 'head', bounded: true } as const;

/** With the factor rounded to half precision, as the release has it. */
function compareRounded(golden: GoldenCase): void {
  const model = new GatedLayers(golden, { ...RELEASED, rounding: 'half' });
  loadStateDict(model, goldenWeights(golden));
  scoped(() => {
    const [, rounded] = model.run(goldenTensor(golden, 'in/tokens'), { tokens: goldenTensor(golden, 'in/instruction') });
    golden.report.compare('out/tokens_gate_rounded_to_half', rounded.dataSync(), golden.tensor('out/tokens_gate_rounded_to_half'));
  });
  disposeModule(model);
}

export const adapter: GoldenAdapter = {
  family: 'irm-editing',
  run(golden) {
    compareRounded(golden);
    const model = new GatedLayers(golden, RELEASED);
    compareModel(golden, {
      model,
      comparedElsewhere: ['tokens_gate_rounded_to_half'],
      forward: ({ tokens, instruction }, ctx) => {
        const [first, last] = model.run(tokens!, { tokens: instruction! }, ctx);
        return { tokens: last, tokens_block0: first, tokens_without_instruction: model.run(tokens!, undefined, ctx)[1] };
      },
    });
  },
};

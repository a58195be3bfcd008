import { Module, equal, cast, parameter, transpose, zerosInit, type Parameter } from '@reidkit/core-tensor';
import { maskCrossEntropyLoss, maskDifferenceLoss, maskOverlapLoss } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { compareModel } from '../compare-model.ts';

/** Logits as learned numbers. */
class Logits extends Module {
  readonly logits: Parameter;

  constructor(shape: readonly number[]) {
    super();
    this.logits = parameter(shape, zerosInit);
  }
}

export const adapter: GoldenAdapter = {
  family: 'muva-mask-loss',
  run(golden) {
    const model = new Logits(golden.tensor('w/logits').shape);
    compareModel(golden, {
      model,
      forward: ({ part_mask: additive }) => {
        const logits = transpose(model.logits.value, [1, 0, 2, 3]);
        const inside = cast(equal(additive!, 0), 'float32');
        return { bce: maskCrossEntropyLoss(logits, inside), dice: maskOverlapLoss(logits, inside), mse: maskDifferenceLoss(logits, inside) };
      },
    });
  },
};

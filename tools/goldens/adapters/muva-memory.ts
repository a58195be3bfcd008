import { Module, cast, parameter, zerosInit, type Parameter } from '@reidkit/core-tensor';
import { imageToTextLoss, movedPrototypes } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { compareModel } from '../compare-model.ts';

/** Features as learned numbers. */
class Features extends Module {
  readonly x: Parameter;

  constructor(shape: readonly number[]) {
    super();
    this.x = parameter(shape, zerosInit);
  }
}

export const adapter: GoldenAdapter = {
  family: 'muva-memory',
  run(golden) {
    const { temperature, momentum, hard } = golden.json.config;
    const model = new Features(golden.tensor('w/x').shape);
    compareModel(golden, {
      model,
      forward: ({ memory, label }) => {
        const labels = cast(label!, 'int32');
        return {
          pcl_loss: imageToTextLoss(model.x.value, memory!, labels, { normalize: true, temperature }),
          memory_after: movedPrototypes(memory!, model.x.value, labels, { update: hard ? 'hardest' : 'all', momentum, renormalise: true }),
        };
      },
    });
  },
};

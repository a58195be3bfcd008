import { EVALUATION, Module, ReidError, scoped, seededDraws, Random, tensor, trainingContext, withParameters, type Context, type Tensor, type Tensors } from '@reidkit/core-tensor'; // prettier-ignore
import { bnneck, classifier, isBatchCounter, type BatchNorm, type Linear } from '@reidkit/encoders';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { compareModel } from '../compare-model.ts';

/** A neck and a classifier under the names of the cases. */
class Neck extends Module {
  readonly bottleneck: BatchNorm;
  readonly classifier: Linear;

  constructor({ json }: GoldenCase) {
    super();
    const { width, classes, eps: epsilon, momentum, frozen_bias: isFrozen } = json.config;
    this.bottleneck = bnneck({ width }, { epsilon, momentum, trainsBias: !isFrozen });
    this.classifier = classifier({ width, classes });
  }

  /** Outputs of the step with this number. */
  step(number: number, feature: Tensor, ctx: Context): Tensors {
    const normalised = this.bottleneck.forward(feature, ctx);
    return { [`normalised_${number}`]: normalised, [`logits_${number}`]: this.classifier.forward(normalised, ctx) };
  }
}

/** Training steps one after the other, each from the statistics that the one before left. */
function trainSteps(neck: Neck, features: readonly Tensor[]): Tensors {
  const { running_mean: runningMean, running_var: runningVariance } = neck.bottleneck;
  let [mean, variance] = [runningMean.value, runningVariance.value];
  return Object.assign(
    {},
    ...features.map((feature, number) => {
      const ctx = trainingContext({ draws: seededDraws(Random.seed(1)) });
      const statistics = { 'bottleneck.running_mean': mean, 'bottleneck.running_var': variance };
      const outputs = withParameters(neck, statistics, () => neck.step(number, feature, ctx));
      [mean, variance] = [ctx.updates.get(runningMean)!, ctx.updates.get(runningVariance)!];
      return { ...outputs, [`running_mean_after_${number}`]: mean, [`running_var_after_${number}`]: variance };
    }),
  );
}

function checkSingleRow({ report, json }: GoldenCase, neck: Neck): void {
  const ctx = trainingContext({ draws: seededDraws(Random.seed(1)) });
  let refused = false;
  try {
    scoped(() => neck.bottleneck.forward(tensor(new Float32Array(json.config.width), [1, json.config.width]), ctx));
  } catch (error) {
    refused = ReidError.is(error);
  }
  report.check('one row in training is refused', refused);
}

export const adapter: GoldenAdapter = {
  family: 'bnneck',
  run(golden) {
    const neck = new Neck(golden);
    compareModel(golden, {
      model: neck,
      ignoredWeights: isBatchCounter,
      // Counters of batches are not kept: with a fixed momentum nothing reads them.
      comparedElsewhere: golden.keys.filter((key) => key.startsWith('out/batches_after_')).map((key) => key.slice('out/'.length)),
      forward: (inputs) => {
        const features = Object.keys(inputs).map((_, number) => inputs[`feature_${number}`]!);
        if (golden.json.mode !== 'train') return neck.step(0, features[0]!, EVALUATION);
        checkSingleRow(golden, neck);
        return trainSteps(neck, features);
      },
    });
  },
};

import {
  didYouMean,
  EVALUATION,
  type HostTensors,
  type Model,
  type ModelPass,
  ReidError,
  type Step,
  withParameters,
} from '@reidkit/core-tensor';

/** A way through a model by name; `images` is the model's own forward. Throws UNKNOWN_NAME, listing those there are. */
export function modelPass(model: Model, name: string): ModelPass {
  if (name === 'images') {
    return { reads: ['images', ...model.reads], gives: model.gives, forward: (batch, ctx) => model.forward(batch, ctx) };
  }
  const passes = model.passes ?? {};
  const found = Object.hasOwn(passes, name) ? passes[name] : undefined;
  if (found) return found;
  const known = ['images', ...Object.keys(passes)];
  throw new ReidError('UNKNOWN_NAME', `The model has no pass "${name}".${didYouMean(name, known)}`, {
    hint: `it has ${known.join(', ')}.`,
  });
}

/** A pass in evaluation as a step: parameters and buffers by path, the batch, and the named outputs. Throws UNKNOWN_NAME for one it does not give. */
export function passStep(model: Model, pass: ModelPass, outputs: readonly string[]): Step {
  const missing = outputs.find((name) => !pass.gives.evaluation.includes(name));
  if (missing !== undefined) {
    throw new ReidError('UNKNOWN_NAME', `The pass does not give the output "${missing}".${didYouMean(missing, pass.gives.evaluation)}`, {
      hint: `in evaluation it gives ${pass.gives.evaluation.join(', ')}.`,
    });
  }
  return ({ parameters, batch }) =>
    withParameters(model, parameters, () => {
      const given = pass.forward(batch, EVALUATION);
      return { outputs: Object.fromEntries(outputs.map((name) => [name, given[name]!])) };
    });
}

/** What of a batch a pass reads. Throws UNKNOWN_NAME when it is not there. */
export function readOf(batch: HostTensors, reads: Iterable<string>): HostTensors {
  return Object.fromEntries(
    [...reads].map((name) => {
      const value = batch[name];
      if (value) return [name, value];
      throw new ReidError(
        'UNKNOWN_NAME',
        `A step reads "${name}" of the batch, which is not there.${didYouMean(name, Object.keys(batch))}`,
        {
          hint: `the batch has ${Object.keys(batch).join(', ')}.`,
        },
      );
    }),
  );
}

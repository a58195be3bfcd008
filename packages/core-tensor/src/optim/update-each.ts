import type { OptimizerInputs, OptimizerOutputs } from '../kinds/optimizer.ts';
import type { Tensor } from '../tensor.ts';
import { clipByNorm, clipEach } from './clip.ts';
import { parameterGroups, type CommonOptions } from './groups.ts';

/** What the update of one parameter sees. */
export interface OneUpdate {
  readonly path: string;
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  readonly rate: Tensor;
  /** Which of the learning rates that is. */
  readonly rateName: string;
  readonly weightDecay: number;
  /** This parameter's part of the state. */
  slot(name: string): Tensor;
}

/** What the update of one parameter gives. */
export interface OneResult {
  readonly parameter: Tensor;
  readonly slots: Readonly<Record<string, Tensor>>;
}

/** Clips the gradients and updates the parameters one by one; slots are kept in the state under `<slot>.<path>`. */
export function updateEach(options: CommonOptions, inputs: OptimizerInputs, update: (one: OneUpdate) => OneResult): OptimizerOutputs {
  const { settings } = parameterGroups(options);
  const clip = options.clip;
  const clipped = clip && 'norm' in clip ? clipByNorm(inputs.gradients, clip.norm) : undefined;
  const gradients = clipped?.gradients ?? (clip && 'value' in clip ? clipEach(inputs.gradients, clip.value) : inputs.gradients);
  const parameters: Record<string, Tensor> = {};
  const state: Record<string, Tensor> = {};
  for (const [path, gradient] of Object.entries(gradients)) {
    const { rateName, weightDecay } = settings(path);
    const result = update({
      path,
      gradient,
      weightDecay,
      rateName,
      parameter: inputs.parameters[path]!,
      rate: inputs.hyper[rateName]!,
      slot: (name) => inputs.state[`${name}.${path}`]!,
    });
    parameters[path] = result.parameter;
    for (const [name, value] of Object.entries(result.slots)) state[`${name}.${path}`] = value;
  }
  return { parameters, state, ...(clipped ? { gradientNorm: clipped.norm } : {}) };
}

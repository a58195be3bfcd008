import type { HostTensors } from '../host-tensor.ts';
import type { Tensor, Tensors } from '../tensor.ts';

/** What an update is made from. */
export interface OptimizerInputs {
  /** Gradients by path. A parameter without one stays as it is, and so does its part of the state. */
  readonly gradients: Tensors;
  readonly parameters: Tensors;
  readonly state: Tensors;
  /** The scalars that {@link Optimizer.hyper} named. */
  readonly hyper: Tensors;
}

/** What an update gives. */
export interface OptimizerOutputs {
  readonly parameters: Tensors;
  readonly state: Tensors;
  /** Length of the whole gradient before clipping, where it was computed. */
  readonly gradientNorm?: Tensor;
}

/** Kind `optimizer`: a pure update of parameters by gradients. */
export interface Optimizer {
  /** First state for parameters of these shapes. */
  init(shapes: Readonly<Record<string, readonly number[]>>): HostTensors;
  /** The learning rates of this step by name; `rateOf` is the schedule, from a base rate to the rate of now. */
  hyper(rateOf: (base: number) => number): Readonly<Record<string, number>>;
  /** One step: new parameters and state of those that have a gradient. */
  update(inputs: OptimizerInputs): OptimizerOutputs;
}

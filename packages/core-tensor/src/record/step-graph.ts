import type { DataType, HostTensor } from '../host-tensor.ts';

/** What is known of a tensor before it has numbers. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

/** The groups in which a step gets its inputs. */
export type InputGroup = 'parameters' | 'state' | 'batch' | 'draws' | 'hyper';

/** The groups in which a step gives its results. */
export type OutputGroup = 'parameters' | 'state' | 'losses' | 'outputs';

/** Attributes of a kernel by tfjs's names. */
export type KernelAttributes = Readonly<Record<string, unknown>>;

/** An input of a graph: it gets numbers at every run. */
export interface GraphInput extends TensorSpec {
  readonly kind: 'input';
  readonly id: number;
  readonly group: InputGroup;
  readonly name: string;
}

/** Numbers that belong to a graph. `uniform` is the one number that they all are; then there may be no `values`. */
export interface GraphConstant extends TensorSpec {
  readonly kind: 'constant';
  readonly id: number;
  readonly values?: HostTensor;
  readonly uniform?: number;
}

/** One result of a node. */
export interface GraphResult extends TensorSpec {
  readonly kind: 'result';
  readonly id: number;
  readonly node: GraphNode;
  /** Which of the node's results. */
  readonly index: number;
}

/** A tensor of a graph. */
export type GraphValue = GraphInput | GraphConstant | GraphResult;

/** One kernel call: what to compute from what. */
export interface GraphNode {
  readonly kernel: string;
  /** By tfjs's names; the members of a list are 0, 1, … */
  readonly inputs: Readonly<Record<string, GraphValue>>;
  readonly attributes: KernelAttributes;
  readonly results: readonly GraphResult[];
}

/** A random tensor that a step asks for: the n-th call of its draws. */
export interface DrawSpec {
  readonly kind: 'uniform' | 'normal';
  readonly shape: readonly number[];
}

/** Counts of what a recording left out. */
export interface RecordCounts {
  /** Kernel calls of the step, its gradients included. */
  readonly calls: number;
  /** Calls that were made before with the same inputs. */
  readonly equal: number;
  /** Calls that change nothing, like a sum with zeros. */
  readonly trivial: number;
  /** Calls on constants, done once and for all. */
  readonly folded: number;
  /** Calls whose results nothing needs. */
  readonly dead: number;
}

/** A recorded step: typed values with static shapes, kernels in an order in which they can run. */
export interface StepGraph {
  readonly inputs: readonly GraphInput[];
  readonly draws: readonly DrawSpec[];
  readonly nodes: readonly GraphNode[];
  /** Results by group and name. Parameters and state that stay as they are have none. */
  readonly outputs: Readonly<Record<OutputGroup, Readonly<Record<string, GraphValue>>>>;
  readonly counts: RecordCounts;
}

/** The groups of outputs in the order in which graphs list them. */
export const OUTPUT_GROUPS: readonly OutputGroup[] = ['parameters', 'state', 'losses', 'outputs'];

/** All outputs of a graph as `[group, name, value]`. */
export function listOutputs(graph: StepGraph): (readonly [OutputGroup, string, GraphValue])[] {
  return OUTPUT_GROUPS.flatMap((group) => Object.entries(graph.outputs[group]).map(([name, value]) => [group, name, value] as const));
}

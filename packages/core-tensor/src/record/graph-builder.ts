import { type DataType, type HostTensor, hostTensor, sameShape, sizeOf } from '../host-tensor.ts';
import { ReidError } from '../errors.ts';
import { attributeText, hashNumbers } from './call-text.ts';
import type { SpecInputs } from './kernel-results.ts';
import { simplify } from './simplify.ts';
import { type DrawSpec, type GraphConstant, type GraphInput, type GraphNode, type GraphResult, type GraphValue, type InputGroup, type KernelAttributes, OUTPUT_GROUPS, type OutputGroup, type StepGraph, type TensorSpec } from './step-graph.ts'; // prettier-ignore
import { atUserCode, userCode } from './user-code.ts';

/** Longest constant of which the numbers are part of the key by which equal ones are found; of longer ones a hash is. */
const MOST_KEYED = 64;

/** The number that all elements are, if they are all the same. */
function uniformOf(data: ArrayLike<number>): number | undefined {
  const value = data[0];
  if (value === undefined) return undefined;
  for (let i = 1; i < data.length; i++) if (!Object.is(data[i], value)) return undefined;
  return value;
}

/** Whether an engine can compute a kernel with such inputs. */
export type Supports = (kernel: string, inputs: SpecInputs, attributes: KernelAttributes) => boolean;

/** The error for a kernel that cannot be part of a graph. */
export function unsupportedKernel(kernel: string, inputs: SpecInputs): ReidError {
  const given = Object.entries(inputs).map(([name, { dtype, shape }]) => `${name} ${dtype} [${shape}]`).join(', '); // prettier-ignore
  return new ReidError(
    'KERNEL_UNSUPPORTED',
    `The step uses the kernel ${kernel} (${given})${atUserCode(userCode())}, which cannot be compiled.`,
    {
      hint: 'write it with other operations, give its result in the batch, or run the step eagerly (`--eager`).',
    },
  );
}

/** What a recording makes: nodes in the order of the calls, equal ones once, trivial ones not at all. */
export class GraphBuilder {
  readonly counts = { calls: 0, equal: 0, trivial: 0, folded: 0 };
  readonly #nodes: GraphNode[] = [];
  readonly #inputs: GraphInput[] = [];
  readonly #draws: DrawSpec[] = [];
  readonly #made = new Map<string, GraphNode>();
  readonly #constants = new Map<string, GraphConstant>();
  readonly supports: Supports;
  #count = 0;

  /** With `supports`, refuses nodes that the engine does not have. */
  constructor(supports: Supports = () => true) {
    this.supports = supports;
  }

  /** A named input. */
  input(group: InputGroup, name: string, { shape, dtype }: TensorSpec): GraphInput {
    const value: GraphInput = { kind: 'input', id: this.#count++, group, name, shape, dtype };
    this.#inputs.push(value);
    return value;
  }

  /** The input for the next random tensor. */
  draw(spec: DrawSpec): GraphInput {
    this.#draws.push(spec);
    return this.input('draws', String(this.#draws.length - 1), { shape: spec.shape, dtype: 'float32' });
  }

  /** Numbers that belong to the graph; equal ones once. */
  constant(values: HostTensor): GraphConstant {
    const uniform = uniformOf(values.data);
    if (uniform !== undefined) return this.uniform(uniform, values);
    const text = values.data.length <= MOST_KEYED ? Array.from(values.data, (value) => (Object.is(value, -0) ? '-0' : value)).join() : hashNumbers(values.data); // prettier-ignore
    return this.#constant(`${values.dtype}[${values.shape}]${text}`, { shape: values.shape, dtype: values.dtype, values });
  }

  /** One number everywhere; it takes no memory. */
  uniform(value: number, { shape, dtype }: TensorSpec): GraphConstant {
    return this.#constant(`${dtype}[${shape}]=${Object.is(value, -0) ? '-0' : value}`, { shape, dtype, uniform: value });
  }

  #constant(key: string, facts: Omit<GraphConstant, 'kind' | 'id'>): GraphConstant {
    const held = this.#constants.get(key);
    if (held && sameNumbers(held.values, facts.values)) return held;
    const made: GraphConstant = { kind: 'constant', id: this.#count++, ...facts };
    this.#constants.set(key, made);
    return made;
  }

  /** Results of a kernel call: of one that was made before, of a simpler one, or of a new one. */
  call(
    kernel: string,
    inputs: Readonly<Record<string, GraphValue>>,
    attributes: KernelAttributes,
    results: readonly TensorSpec[],
  ): readonly GraphValue[] {
    const simple = results.length === 1 ? simplify(this, { kernel, inputs, attributes, result: results[0]! }) : undefined;
    if (simple) this.counts.trivial++;
    return simple ? [simple] : this.node(kernel, inputs, attributes, results);
  }

  /** A node as it is, unless an equal one was made before. Throws KERNEL_UNSUPPORTED. */
  node(
    kernel: string,
    inputs: Readonly<Record<string, GraphValue>>,
    attributes: KernelAttributes,
    results: readonly TensorSpec[],
  ): readonly GraphResult[] {
    const given = Object.entries(inputs).map(([name, { id }]) => `${name}:${id}`);
    const key = `${kernel}(${given.join()})${attributeText(attributes)}`;
    const held = this.#made.get(key);
    if (held) {
      this.counts.equal++;
      return held.results;
    }
    if (!this.supports(kernel, inputs, attributes)) throw unsupportedKernel(kernel, inputs);
    const list: GraphResult[] = [];
    const node: GraphNode = { kernel, inputs, attributes, results: list };
    results.forEach(({ shape, dtype }, index) => list.push({ kind: 'result', id: this.#count++, node, index, shape, dtype }));
    this.#nodes.push(node);
    this.#made.set(key, node);
    return list;
  }

  /** A node with one result. */
  one(kernel: string, inputs: Readonly<Record<string, GraphValue>>, attributes: KernelAttributes, result: TensorSpec): GraphValue {
    return this.call(kernel, inputs, attributes, [result])[0]!;
  }

  /** The same numbers in another shape. */
  reshape(x: GraphValue, shape: readonly number[]): GraphValue {
    if (sameShape(x.shape, shape)) return x;
    return this.one('Reshape', { x }, { shape: [...shape] }, { shape, dtype: x.dtype });
  }

  /** Repeated along axes of length 1 and new leading ones. */
  broadcast(x: GraphValue, shape: readonly number[]): GraphValue {
    if (sameShape(x.shape, shape)) return x;
    return this.one('BroadcastTo', { x }, { shape: [...shape] }, { shape, dtype: x.dtype });
  }

  /** The graph of what is needed for some outputs. */
  finish(outputs: StepGraph['outputs']): StepGraph {
    const needed = new Set<GraphNode>();
    const used = new Set<GraphValue>();
    const stack: GraphValue[] = OUTPUT_GROUPS.flatMap((group: OutputGroup) => Object.values(outputs[group]));
    for (let value = stack.pop(); value; value = stack.pop()) {
      used.add(value);
      if (value.kind !== 'result' || needed.has(value.node)) continue;
      needed.add(value.node);
      stack.push(...Object.values(value.node.inputs));
    }
    const nodes = this.#nodes.filter((node) => needed.has(node));
    return {
      inputs: this.#inputs.filter((input) => used.has(input)),
      draws: this.#draws,
      nodes,
      outputs,
      counts: { ...this.counts, dead: this.#nodes.length - nodes.length },
    };
  }
}

function sameNumbers(a: HostTensor | undefined, b: HostTensor | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.data.every((value, i) => Object.is(value, b.data[i]));
}

/** Numbers of a constant, whole. */
export function constantNumbers({ shape, dtype, values, uniform }: GraphConstant): HostTensor {
  if (values) return values;
  const make = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[dtype as Exclude<DataType, never>];
  return hostTensor(new make(sizeOf(shape)).fill(uniform!), shape, dtype);
}

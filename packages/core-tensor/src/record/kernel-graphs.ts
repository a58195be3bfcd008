import { engine, getKernel } from '@tensorflow/tfjs';
import type { GraphEngine } from '../kinds/graph-engine.ts';
import { isFused } from '../ops/fused.ts';
import { keep, readTensor, reshape, scoped, tile, toTensor, type Tensor } from '../tensor.ts';
import { constantNumbers } from './graph-builder.ts';
import { type GraphConstant, type GraphNode, type GraphValue, listOutputs, type StepGraph } from './step-graph.ts';

/** Broadcasting is a tile in tfjs. */
function broadcast(x: Tensor, shape: readonly number[]): Tensor {
  const lengths = [...Array<number>(shape.length - x.rank).fill(1), ...x.shape];
  return tile(
    reshape(x, lengths),
    shape.map((length, axis) => length / lengths[axis]!),
  );
}

/** tfjs tells a list of tensors from named ones. */
function inputsOf(inputs: Readonly<Record<string, Tensor>>): object {
  return '0' in inputs ? Object.values(inputs) : inputs;
}

function runNode({ kernel, attributes, results }: GraphNode, given: Readonly<Record<string, Tensor>>): readonly Tensor[] {
  if (kernel === 'BroadcastTo') return [broadcast(given.x!, attributes.shape as number[])];
  // Recorded choices broadcast their condition; tfjs's do not.
  const inputs = kernel === 'Select' ? { ...given, condition: broadcast(given.condition!, results[0]!.shape) } : given;
  const made = engine().runKernel(kernel, inputsOf(inputs) as never, attributes as never) as unknown as Tensor | Tensor[];
  return Array.isArray(made) ? made : [made];
}

/** For each node, the values that nothing after it needs. */
function lastUses(graph: StepGraph): ReadonlyMap<GraphNode, readonly GraphValue[]> {
  const seen = new Set<GraphValue>(listOutputs(graph).map(([, , value]) => value));
  const ends = new Map<GraphNode, GraphValue[]>();
  for (const node of [...graph.nodes].reverse()) {
    const values = [...new Set([...Object.values(node.inputs), ...node.results])];
    ends.set(
      node,
      values.filter((value) => value.kind === 'result' && !seen.has(value)),
    );
    for (const value of values) seen.add(value);
  }
  return ends;
}

function run(
  graph: StepGraph,
  ends: ReadonlyMap<GraphNode, readonly GraphValue[]>,
  feeds: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> {
  const values = new Map<GraphValue, Tensor>(graph.inputs.map((input) => [input, feeds[`${input.group}.${input.name}`]!]));
  const tensorOf = (value: GraphValue): Tensor => {
    if (!values.has(value)) values.set(value, toTensor(constantNumbers(value as GraphConstant)));
    return values.get(value)!;
  };
  for (const node of graph.nodes) {
    const made = runNode(node, Object.fromEntries(Object.entries(node.inputs).map(([name, value]) => [name, tensorOf(value)])));
    node.results.forEach((result, i) => values.set(result, made[i]!));
    for (const value of ends.get(node)!) values.get(value)!.dispose();
  }
  return Object.fromEntries(listOutputs(graph).map(([group, name, value]) => [`${group}.${name}`, tensorOf(value).clone()]));
}

/**
 * Runs recorded steps kernel by kernel on a backend of tfjs that is in use: for engines without graphs of their own, and to check recordings.
 * Fused operations are recorded as their composites.
 */
export function kernelGraphs(backendName: string): GraphEngine<Tensor> {
  return {
    supports: (kernel) => kernel === 'BroadcastTo' || (!isFused(kernel) && getKernel(kernel, backendName) !== undefined),
    load(graph) {
      const ends = lastUses(graph);
      return { run: (feeds) => scoped(() => run(graph, ends, feeds)), dispose: () => undefined };
    },
    upload: (value) => keep(toTensor(value)),
    download: readTensor,
    release: (value) => value.dispose(),
  };
}

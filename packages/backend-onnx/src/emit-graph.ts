import {
  constantNumbers,
  type GraphConstant,
  type GraphInput,
  type GraphNode,
  type GraphValue,
  listOutputs,
  type StepGraph,
} from '@reidkit/core-tensor';
import type { KernelAttributes } from './kernels/kernel-form.ts';
import { kernelTable } from './kernels/table.ts';
import { OnnxGraph, type OnnxValue } from './onnx/graph.ts';

function constant(onnx: OnnxGraph, value: GraphConstant): OnnxValue {
  const { uniform, shape, dtype } = value;
  if (uniform !== undefined) return onnx.expand(onnx.scalar(uniform, dtype), shape);
  return onnx.constant(constantNumbers(value).data, shape, dtype);
}

/** The name of an output in ONNX, which must differ from that of an input. */
export const outputName = (group: string, name: string): string => `next.${group}.${name}`;

/** Writes nodes in ONNX by the table of kernels: `made` holds the values that there are before, and those of the nodes after. */
export function emitNodes(
  onnx: OnnxGraph,
  nodes: readonly GraphNode[],
  made: Map<GraphValue, OnnxValue>,
): (value: GraphValue) => OnnxValue {
  const valueOf = (value: GraphValue): OnnxValue => {
    const held = made.get(value) ?? constant(onnx, value as GraphConstant);
    made.set(value, held);
    return held;
  };
  for (const { kernel, inputs, attributes, results } of nodes) {
    const given = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, valueOf(value)]));
    const emitted = kernelTable[kernel]!.emit(onnx, given, attributes as KernelAttributes);
    const list = Array.isArray(emitted) ? (emitted as readonly OnnxValue[]) : [emitted as OnnxValue];
    results.forEach((result, i) => made.set(result, list[i]!));
  }
  return valueOf;
}

/**
 * Writes a recorded step in ONNX. Inputs have the names `group.name`, outputs {@link outputName}; those of `isHalf` come in float16. They are
 * widened first of all in the list of operations: the library, which orders anew, then widens each right before its use, and frees it after.
 */
export function emitGraph(graph: StepGraph, isHalf: (input: GraphInput) => boolean = () => false): OnnxGraph {
  const onnx = new OnnxGraph();
  const inputs = graph.inputs.map((input) => {
    const given = onnx.input(`${input.group}.${input.name}`, input.shape, isHalf(input) ? 'float16' : input.dtype);
    return [input, onnx.cast(given, input.dtype)] as const;
  });
  const valueOf = emitNodes(onnx, graph.nodes, new Map<GraphValue, OnnxValue>(inputs));
  for (const [group, name, value] of listOutputs(graph)) onnx.output(valueOf(value), outputName(group, name));
  onnx.prune();
  return onnx;
}

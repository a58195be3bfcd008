import { constantNumbers, type GraphConstant, type GraphValue, listOutputs, type StepGraph } from '@reidkit/core-tensor';
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

/** Writes a recorded step in ONNX. Inputs have the names `group.name`, outputs {@link outputName}. */
export function emitGraph(graph: StepGraph): OnnxGraph {
  const onnx = new OnnxGraph();
  const made = new Map<GraphValue, OnnxValue>();
  for (const input of graph.inputs) made.set(input, onnx.input(`${input.group}.${input.name}`, input.shape, input.dtype));
  const valueOf = (value: GraphValue): OnnxValue => {
    const held = made.get(value);
    if (held) return held;
    const fresh = constant(onnx, value as GraphConstant);
    made.set(value, fresh);
    return fresh;
  };
  for (const { kernel, inputs, attributes, results } of graph.nodes) {
    const given = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, valueOf(value)]));
    const emitted = kernelTable[kernel]!.emit(onnx, given, attributes as KernelAttributes);
    const list = Array.isArray(emitted) ? (emitted as readonly OnnxValue[]) : [emitted as OnnxValue];
    results.forEach((result, i) => made.set(result, list[i]!));
  }
  for (const [group, name, value] of listOutputs(graph)) onnx.output(valueOf(value), outputName(group, name));
  onnx.prune();
  return onnx;
}

import { formatShape } from '../host-tensor.ts';
import { attributeText, hashNumbers } from './call-text.ts';
import { type GraphConstant, type GraphNode, type GraphValue, listOutputs, type StepGraph } from './step-graph.ts';

/** Most numbers of a constant that are written out. */
const MOST_WRITTEN = 8;

function constantText({ dtype, shape, uniform, values }: GraphConstant): string {
  const type = `${dtype} ${formatShape(shape)}`;
  if (uniform !== undefined) return shape.length === 0 ? `${uniform}` : `${uniform} as ${type}`;
  const { data } = values!;
  return `(${Array.from(data.slice(0, MOST_WRITTEN)).join(', ')}${data.length > MOST_WRITTEN ? `, … ${hashNumbers(data)}` : ''}) as ${type}`;
}

/** One line of a graph's text, with the node that it shows. */
export interface GraphLine {
  readonly text: string;
  readonly node?: GraphNode;
}

/** A graph as lines: a node each, then the outputs. Equal graphs have equal lines. */
export function graphLines(graph: StepGraph): GraphLine[] {
  const names = new Map<GraphValue, string>();
  const nameOf = (value: GraphValue): string => {
    if (value.kind === 'input') return `${value.group}.${value.name}`;
    return value.kind === 'constant' ? constantText(value) : names.get(value)!;
  };
  const nodes = graph.nodes.map((node): GraphLine => {
    const inputs = Object.entries(node.inputs).map(([name, value]) => `${name} ${nameOf(value)}`);
    const results = node.results.map((result) => {
      names.set(result, `%${names.size}`);
      return `${names.get(result)!} ${result.dtype} ${formatShape(result.shape)}`;
    });
    const attributes = attributeText(node.attributes);
    return { text: `${results.join(', ')} = ${node.kernel}(${inputs.join(', ')})${attributes === '{}' ? '' : ` ${attributes}`}`, node };
  });
  const draws = graph.draws.map(({ kind, shape }, i) => ({ text: `draws.${i}: ${kind} ${formatShape(shape)}` }));
  const outputs = listOutputs(graph).map(([group, name, value]) => ({ text: `${group}.${name} = ${nameOf(value)}` }));
  return [...draws, ...nodes, ...outputs];
}

/** A graph as text for people: inputs, nodes, outputs, and what was counted. */
export function graphText(graph: StepGraph): string {
  const inputs = graph.inputs.map(({ group, name, dtype, shape }) => `${group}.${name}: ${dtype} ${formatShape(shape)}`);
  return [...inputs, ...graphLines(graph).map(({ text }) => text), '', countsText(graph)].join('\n');
}

/** Counts of a graph: nodes by kernel, and what the recording left out. */
export function countsText({ nodes, counts, inputs }: StepGraph): string {
  const kernels = new Map<string, number>();
  for (const { kernel } of nodes) kernels.set(kernel, (kernels.get(kernel) ?? 0) + 1);
  const sorted = [...kernels].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const left = `${counts.equal} equal, ${counts.trivial} trivial, ${counts.folded} on constants, ${counts.dead} dead`;
  return [
    `${nodes.length} nodes from ${counts.calls} kernel calls (left out: ${left}), ${inputs.length} inputs`,
    ...sorted.map(([kernel, count]) => `  ${count} ${kernel}`),
  ].join('\n');
}

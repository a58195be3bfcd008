import { type GraphInput, type GraphNode, type GraphResult, hostTensor, type HostTensor, type HostTensors, type KernelAttributes, type StepGraph } from '@reidkit/core-tensor'; // prettier-ignore

/** A graph of one kernel, with inputs and what it gives for them. */
export interface OneKernelGraph {
  readonly graph: StepGraph;
  readonly feeds: HostTensors;
  readonly expected: readonly HostTensor[];
}

function oneKernel(kernel: string, feeds: HostTensors, attributes: KernelAttributes, expected: readonly HostTensor[]): OneKernelGraph {
  const inputs = Object.entries(feeds).map(([name, { shape, dtype }], id): GraphInput => ({ kind: 'input', id, group: 'batch', name, shape, dtype })); // prettier-ignore
  const results: GraphResult[] = [];
  const node: GraphNode = { kernel, inputs: Object.fromEntries(inputs.map((input) => [input.name, input])), attributes, results };
  expected.forEach(({ shape, dtype }, index) => results.push({ kind: 'result', id: inputs.length + index, node, index, shape, dtype }));
  const outputs = { parameters: {}, state: {}, losses: {}, outputs: Object.fromEntries(results.map((result, i) => [`y${i}`, result])) };
  return { graph: { inputs, draws: [], nodes: [node], outputs, counts: { calls: 1, equal: 0, trivial: 0, folded: 0, dead: 0 } }, feeds, expected }; // prettier-ignore
}

const x = hostTensor([1, -2, 3, 4, 5, 6], [2, 3]);
const ofX = (values: readonly number[]): HostTensor => hostTensor(values, [2, 3]);
const numbers = { parameter: ofX([1, 2, 3, 4, 5, 6]), gradient: ofX([0.5, 0, -1, 2, -2, 1]), first: ofX([0, 1, 0, 1, 0, 1]), second: ofX([1, 1, 4, 4, 9, 9]) }; // prettier-ignore
const { beta1, beta2, epsilon } = { beta1: 0.8, beta2: 0.7, epsilon: 1e-8 };

/** A step of Adam as its paper has it (Kingma and Ba 2015, algorithm 1), with the largest second moment of AMSGrad where one is given. */
function adam(largest?: HostTensor): HostTensor[] {
  const at = (value: HostTensor, i: number): number => value.data[i]!;
  const map = (f: (i: number) => number): HostTensor => ofX([...x.data.keys()].map(f));
  const first = map((i) => beta1 * at(numbers.first, i) + (1 - beta1) * at(numbers.gradient, i));
  const second = map((i) => beta2 * at(numbers.second, i) + (1 - beta2) * at(numbers.gradient, i) ** 2);
  const most = largest ? map((i) => Math.max(at(largest, i), at(second, i))) : second;
  const parameter = map((i) => at(numbers.parameter, i) - (0.1 * at(first, i)) / (Math.sqrt(at(most, i)) * 0.9 + epsilon));
  return [parameter, first, second, ...(largest ? [most] : [])];
}

const rates = { stride: hostTensor([0.1], []), scale: hostTensor([0.9], []) };
const places = hostTensor([4, 0, 2], [3, 1], 'int32');

/** Kernels that recordings replace, leave out or do not meet. */
export const oneKernelGraphs: Readonly<Record<string, OneKernelGraph>> = {
  Identity: oneKernel('Identity', { x }, {}, [x]),
  ExpandDims: oneKernel('ExpandDims', { input: x }, { dim: 1 }, [hostTensor(x.data, [2, 1, 3])]),
  ZerosLike: oneKernel('ZerosLike', { x }, {}, [ofX([0, 0, 0, 0, 0, 0])]),
  OnesLike: oneKernel('OnesLike', { x }, {}, [ofX([1, 1, 1, 1, 1, 1])]),
  Adam: oneKernel('ReidAdamUpdate', { ...numbers, ...rates }, { beta1, beta2, epsilon }, adam()),
  AMSGrad: oneKernel('ReidAdamUpdate', { ...numbers, largest: ofX([5, 0, 5, 0, 50, 0]), ...rates }, { beta1, beta2, epsilon }, adam(ofX([5, 0, 5, 0, 50, 0]))), // prettier-ignore
  SparseToDense: oneKernel(
    'SparseToDense',
    { sparseIndices: places, sparseValues: hostTensor([7, 8, 9]), defaultValue: hostTensor([0.5], []) },
    { outputShape: [6] },
    [hostTensor([8, 0.5, 9, 0.5, 7, 0.5])],
  ),
  'SparseToDense of one value': oneKernel(
    'SparseToDense',
    { sparseIndices: places, sparseValues: hostTensor([3], [], 'int32'), defaultValue: hostTensor([7], [], 'int32') },
    { outputShape: [6] },
    [hostTensor([3, 7, 3, 7, 3, 7], [6], 'int32')],
  ),
};

import { type GraphNode, sizeOf, type StepGraph } from '@reidkit/core-tensor';

type Shape = readonly number[];

const shapeOf = (node: GraphNode, input: string): Shape => node.inputs[input]!.shape;

/** Products of a convolution: each number of its result asks for a window of one group's channels. */
const convolution = (result: Shape, weight: Shape): number => sizeOf(result) * (sizeOf(weight) / weight[0]!);

const matrices = (node: GraphNode): number => {
  const a = shapeOf(node, 'a');
  const isTurned = node.attributes.transposeA === true;
  return sizeOf(node.results[0]!.shape) * a.at(isTurned ? -2 : -1)!;
};

/** Queries by keys, for one of the products of attention. */
const scores = (node: GraphNode): number => sizeOf(shapeOf(node, 'q')) * shapeOf(node, 'k').at(-2)!;

/** Multiplications of the kernels that consist of them; all others are element by element and count nothing. */
const PRODUCTS: Readonly<Record<string, (node: GraphNode) => number>> = {
  BatchMatMul: matrices,
  _FusedMatMul: matrices,
  ReidAttention: (node) => 2 * scores(node),
  ReidAttentionGrad: (node) => 4 * scores(node),
  ReidConv2d: (node) => convolution(node.results[0]!.shape, shapeOf(node, 'weight')),
  ReidConv2dInputGrad: (node) => convolution(shapeOf(node, 'dy'), shapeOf(node, 'weight')),
  ReidConv2dWeightGrad: (node) => convolution(shapeOf(node, 'dy'), node.attributes.weightShape as Shape),
};

/** Multiplications (with their additions) of matrix products, attention and convolutions in a recorded step. */
export function countProducts({ nodes }: StepGraph): number {
  return nodes.reduce((sum, node) => sum + (PRODUCTS[node.kernel]?.(node) ?? 0), 0);
}

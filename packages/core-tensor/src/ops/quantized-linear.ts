import { ReidError } from '../errors.ts';
import { formatShape } from '../host-tensor.ts';
import type { QuantizedMatrix } from '../quantized-matrix.ts';
import {
  add,
  cast,
  expandDims,
  floorDiv,
  matMul,
  mod,
  mul,
  reshape,
  scalar,
  stack,
  sub,
  sum,
  type Tensor,
  tidy,
  toTensor,
} from '../tensor.ts';
import { fused, type FusedAttributes } from './fused.ts';

/** The numbers behind words and scales, `[N, K]`, in plain operations: division of whole numbers takes the words apart. */
function dequantize(words: Tensor, scales: Tensor, { bits, block }: FusedAttributes): Tensor {
  const [rows, length] = words.shape as [number, number];
  const count = 32 / (bits as number);
  const base = scalar(2 ** (bits as number), 'int32');
  const parts: Tensor[] = [];
  for (let rest = words; parts.length < count; rest = floorDiv(rest, base)) parts.push(mod(rest, base));
  const numbers = sub(cast(stack(parts, 2), 'float32'), 2 ** ((bits as number) - 1));
  const blocks = reshape(numbers, [rows, (length * count) / (block as number), block as number]);
  return reshape(mul(blocks, expandDims(scales, 2)), [rows, length * count]);
}

const run = fused({
  name: 'ReidQuantizedLinear',
  composite: ({ x, words, scales, bias }, attributes) => {
    const product = matMul(x!, dequantize(words!, scales!, attributes), false, true);
    return [bias ? add(product, bias) : product];
  },
  saves: { inputs: ['words', 'scales'] },
  gradient: ({ gradients: [dy], inputs, attributes }) => ({
    x: () => matMul(dy!, dequantize(inputs.words!, inputs.scales!, attributes)),
    bias: () => sum(dy!, 0),
  }),
});

/**
 * `y = x Wᵀ + b` with a weight of whole numbers: `x [..., in]`, weight `[out, in]`, `bias [out]` → `[..., out]`. The weight is no tensor but
 * numbers that never change, so it is part of the graph of a compiled step, and an engine may keep it in a layout of its own and round `x`
 * to 8 bits by blocks too (`@reidkit/backend-onnx` does: about half a percent of the result). Gradients reach `x` and the bias.
 * Throws SHAPE_MISMATCH when the last axis of `x` is not `in`.
 */
export function quantizedLinear(x: Tensor, weight: QuantizedMatrix, bias?: Tensor): Tensor {
  const { shape, bits, block } = weight;
  const [outputs, inputs] = shape;
  if (x.shape.at(-1) !== inputs) {
    throw new ReidError('SHAPE_MISMATCH', `quantizedLinear expected [..., ${inputs}], got ${formatShape(x.shape)}.`);
  }
  return tidy(() => {
    const rows = x.rank === 2 ? x : reshape(x, [-1, inputs]);
    const given = { x: rows, words: toTensor(weight.words), scales: toTensor(weight.scales) };
    const [product] = run(bias ? { ...given, bias } : given, { bits, block });
    return x.rank === 2 ? product! : reshape(product!, [...x.shape.slice(0, -1), outputs]);
  });
}

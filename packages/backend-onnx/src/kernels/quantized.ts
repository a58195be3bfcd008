import type { OnnxGraph, OnnxValue } from '../onnx/graph.ts';
import { type KernelAttributes, type KernelTable, NUMBERS } from './kernel-form.ts';

/** Products of int8 by int8, summed in int32: the values of `x` are rounded to 8 bits by blocks, as those of the weight are. */
const INT8_PRODUCTS = 4;

/** The product with a weight that belongs to the graph: the library lays its bytes out anew when the graph is loaded. */
function packedProduct(
  g: OnnxGraph,
  x: OnnxValue,
  words: OnnxValue,
  scales: OnnxValue,
  bias: OnnxValue | undefined,
  { bits, block }: KernelAttributes,
): OnnxValue {
  const [N, blocks] = scales.shape as [number, number];
  const size = block as number;
  const { buffer, byteOffset, byteLength } = words.data!;
  const bytes = g.constant(new Uint8Array(buffer, byteOffset, byteLength), [N, blocks, (size * (bits as number)) / 8], 'uint8');
  const attributes = { K: blocks * size, N, bits: bits as number, block_size: size, accuracy_level: INT8_PRODUCTS };
  const inputs = [x, bytes, scales, ...(bias ? [undefined, undefined, bias] : [])];
  return g.one('MatMulNBits', inputs, [x.shape[0]!, N], attributes, 'float32', 'com.microsoft');
}

/** The numbers of a weight that comes in anew at each run, in float32. */
function numbersOf(g: OnnxGraph, words: OnnxValue, scales: OnnxValue, { bits, block }: KernelAttributes): OnnxValue {
  const [rows, length] = words.shape as [number, number];
  const base = g.scalar(2 ** (bits as number), 'int32');
  const parts: OnnxValue[] = [];
  for (let rest = words; parts.length < 32 / (bits as number);) {
    const part = g.binary('Mod', rest, base);
    parts.push(g.reshape(part, [rows, length, 1]));
    rest = g.div(g.sub(rest, part), base);
  }
  const numbers = g.sub(g.cast(g.concat(parts, 2), 'float32'), 2 ** ((bits as number) - 1));
  const blocks = g.reshape(numbers, [...scales.shape, block as number]);
  return g.reshape(g.mul(blocks, g.reshape(scales, [...scales.shape, 1])), [rows, length * parts.length]);
}

/** Products with weights of whole numbers. */
export const quantized: KernelTable = {
  ReidQuantizedLinear: {
    isHeavy: true,
    types: NUMBERS,
    takes: ({ x, words, scales }) => x!.type === 'float32' && words!.type === 'int32' && scales!.type === 'float32',
    emit: (g, { x, words, scales, bias }, attributes) => {
      if (words!.data && scales!.data) return packedProduct(g, x!, words!, scales!, bias, attributes);
      const product = g.matmul(x!, numbersOf(g, words!, scales!, attributes), { transB: true });
      return bias ? g.add(product, bias) : product;
    },
  },
};

import type { KernelAttributes } from '@reidkit/core-tensor';
import type { HloProgram } from '../stablehlo/program.ts';
import type { HloValue } from '../stablehlo/values.ts';
import { type KernelTable, NUMBERS } from './kernel-form.ts';

/** The numbers behind words and scales, `[N, K]`: each word shifted so that one of its numbers is lowest, and all above it cut off. */
function numbersOf(p: HloProgram, words: HloValue, scales: HloValue, attributes: KernelAttributes): HloValue {
  const { bits, block } = attributes as Record<string, number>;
  const [rows, length] = words.shape as [number, number];
  const count = 32 / bits!;
  const apart = [rows, length, count];
  const shifts = p.mul(p.iota(apart, 2), bits!);
  const each = p.broadcast(p.reshape(words, [rows, length, 1]), apart);
  const stored = p.binary('and', p.binary('shift_right_logical', each, shifts), 2 ** bits! - 1);
  const numbers = p.sub(p.convert(stored, 'float32'), 2 ** (bits! - 1));
  const blocks = p.reshape(numbers, [...scales.shape, block!]);
  return p.reshape(p.mul(blocks, p.reshape(scales, [...scales.shape, 1])), [rows, length * count]);
}

/** Products with weights of whole numbers. */
export const quantized: KernelTable = {
  ReidQuantizedLinear: {
    types: NUMBERS,
    takes: ({ x, words, scales }) => x!.type === 'float32' && words!.type === 'int32' && scales!.type === 'float32',
    emit: (p, { x, words, scales, bias }, attributes) => {
      const product = p.matmul(x!, numbersOf(p, words!, scales!, attributes), { transB: true });
      return bias ? p.add(product, bias) : product;
    },
  },
};

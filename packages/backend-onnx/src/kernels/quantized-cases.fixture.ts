import { hostTensor, quantizedLinear, quantizeRows, Random } from '@reidkit/core-tensor';
import type { Make } from './both-engines.fixture.ts';

const weightOf = (rows: number, columns: number) => hostTensor(Random.seed(3).normal(rows * columns), [rows, columns]);

/** Products with quantized weights that are no constants. */
export const quantizedCases: Readonly<Record<string, Make>> = {
  'quantizedLinear, 8 bits': (draw) => quantizedLinear(draw.normal(2, 3, 64), quantizeRows(weightOf(5, 64), { block: 32 }), draw.normal(5)),
  'quantizedLinear, 4 bits': (draw) => quantizedLinear(draw.normal(3, 32), quantizeRows(weightOf(4, 32), { block: 16, bits: 4 })),
};

import type { OnnxGraph, OnnxType, OnnxValue } from '../onnx/graph.ts';
import { ANY, axesOf, axisOf, type KernelForm, type KernelTable, NUMBERS, sizeOf } from './kernel-form.ts';
import { clipped } from './whole-numbers.ts';

const reduction = (op: string, types: readonly OnnxType[]): KernelForm => ({
  types,
  anyShape: true,
  emit: (g, { x }, { axis, keepDims }) => g.reduce(op, x!, axesOf(axis, x!), keepDims === true),
});

/** Largest or smallest; NaN where one is among them, which the library's own reduction does not see. */
const extreme = (op: 'ReduceMax' | 'ReduceMin', attribute: string): KernelForm => ({
  types: NUMBERS,
  anyShape: true,
  emit: (g, { x }, attributes) => {
    const axes = axesOf(attributes[attribute], x!);
    const keep = attributes.keepDims === true;
    const found = g.reduce(op, x!, axes, keep);
    if (x!.type === 'int32' || axes.length === 0) return found;
    const zeroOrNaN = g.mul(g.reduce('ReduceSum', clipped(g, x!, -1, 1), axes, keep), 0);
    return g.add(found, zeroOrNaN);
  },
});

const truth = (op: 'ReduceMin' | 'ReduceMax'): KernelForm => ({
  types: ['bool'],
  anyShape: true,
  emit: (g, { x }, { axis, keepDims }) => g.cast(g.reduce(op, g.cast(x!, 'int32'), axesOf(axis, x!), keepDims === true), 'bool'),
});

/** The place of the largest or smallest, of the first of equals; NaNs are passed over. */
const place = (op: 'ArgMax' | 'ArgMin'): KernelForm => ({
  types: ANY,
  anyShape: true,
  emit: (g, { x }, attributes) => {
    const axis = axisOf(attributes.axis, x!);
    const shape = x!.shape.filter((_, i) => i !== axis);
    const last = g.scalar(op === 'ArgMax' ? -Infinity : Infinity);
    const numbers = x!.type !== 'float32' ? g.cast(x!, 'int32') : g.where(g.unary('IsNaN', x!, {}, 'bool'), last, x!);
    return g.cast(g.one(op, [numbers], shape, { axis, keepdims: 0, select_last_index: 0 }, 'int64'), 'int32');
  },
});

/** Products of all elements up to each: in every pass each element takes in a product twice as long. */
function cumulativeProduct(g: OnnxGraph, x: OnnxValue, axis: number, isExclusive: boolean, isReverse: boolean): OnnxValue {
  const length = x.shape[axis]!;
  const shifted = (value: OnnxValue, by: number): OnnxValue => {
    const widths = value.shape.map((_, i) => (i === axis ? by : 0));
    const opposite = widths.map((width) => -width);
    return isReverse ? g.pad(value, opposite, widths, 1) : g.pad(value, widths, opposite, 1);
  };
  let product = isExclusive ? shifted(x, 1) : x;
  for (let reach = 1; reach < length; reach *= 2) product = g.mul(product, shifted(product, reach));
  return product;
}

/** Kernels that fold axes. */
export const reductions: KernelTable = {
  Sum: reduction('ReduceSum', NUMBERS),
  Mean: { ...reduction('ReduceMean', ANY), emit: (g, { x }, { axis, keepDims }) => g.reduce('ReduceMean', g.cast(x!, 'float32'), axesOf(axis, x!), keepDims === true) }, // prettier-ignore
  Max: extreme('ReduceMax', 'reductionIndices'),
  Min: extreme('ReduceMin', 'axis'),
  Prod: reduction('ReduceProd', NUMBERS),
  All: truth('ReduceMin'),
  Any: truth('ReduceMax'),
  ArgMax: place('ArgMax'),
  ArgMin: place('ArgMin'),
  Softmax: { anyShape: true, emit: (g, { logits }) => g.unary('Softmax', logits!, { axis: -1 }) },
  Cumsum: {
    types: NUMBERS,
    anyShape: true,
    emit: (g, { x }, { axis, exclusive, reverse }) =>
      g.one('CumSum', [x!, g.scalar(axisOf(axis, x!), 'int32')], x!.shape, { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 }),
  },
  Cumprod: {
    types: NUMBERS,
    emit: (g, { x }, { axis, exclusive, reverse }) => cumulativeProduct(g, x!, axisOf(axis, x!), exclusive === true, reverse === true),
  },
  TopK: {
    types: NUMBERS,
    takes: ({ x }, { k }) => x!.shape.length > 0 && (k as number) > 0 && sizeOf(x!.shape) > 0,
    emit: (g, { x }, { k }) => {
      const shape = [...x!.shape.slice(0, -1), k as number];
      // Sorted whether asked for or not: of equals the first comes first, as in JavaScript.
      const [values, places] = g.node('TopK', [x!, g.ints([k as number])], [[shape, x!.type], [shape, 'int64']], { axis: -1, sorted: 1 }); // prettier-ignore
      return [values!, g.cast(places!, 'int32')];
    },
  },
};

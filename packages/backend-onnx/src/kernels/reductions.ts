import type { OnnxType } from '../onnx/graph.ts';
import { axesOf, axisOf, type KernelForm, type KernelTable, NUMBERS } from './kernel-form.ts';

const reduction = (op: string, attribute: string, types: readonly OnnxType[]): KernelForm => ({
  types,
  anyShape: true,
  emit: (g, { x }, attributes) => g.reduce(op, x!, axesOf(attributes[attribute], x!), attributes.keepDims === true),
});

const truth = (op: 'ReduceMin' | 'ReduceMax'): KernelForm => ({
  types: ['bool'],
  emit: (g, { x }, { axis, keepDims }) => g.cast(g.reduce(op, g.cast(x!, 'int32'), axesOf(axis, x!), keepDims === true), 'bool'),
});

const place = (op: 'ArgMax' | 'ArgMin'): KernelForm => ({
  types: NUMBERS,
  anyShape: true,
  emit: (g, { x }, attributes) => {
    const axis = axisOf(attributes.axis, x!);
    const shape = x!.shape.filter((_, i) => i !== axis);
    return g.cast(g.one(op, [x!], shape, { axis, keepdims: 0, select_last_index: 0 }, 'int64'), 'int32');
  },
});

/** Kernels that fold axes. */
export const reductions: KernelTable = {
  Sum: reduction('ReduceSum', 'axis', NUMBERS),
  Mean: reduction('ReduceMean', 'axis', ['float32']),
  Max: reduction('ReduceMax', 'reductionIndices', NUMBERS),
  Min: reduction('ReduceMin', 'axis', NUMBERS),
  Prod: reduction('ReduceProd', 'axis', NUMBERS),
  All: truth('ReduceMin'),
  Any: truth('ReduceMax'),
  ArgMax: place('ArgMax'),
  ArgMin: place('ArgMin'),
  Softmax: { anyShape: true, emit: (g, { logits }) => g.unary('Softmax', logits!, { axis: -1 }) },
  LogSoftmax: { anyShape: true, emit: (g, { logits }) => g.unary('LogSoftmax', logits!, { axis: -1 }) },
  Cumsum: {
    types: NUMBERS,
    anyShape: true,
    emit: (g, { x }, { axis, exclusive, reverse }) =>
      g.one('CumSum', [x!, g.scalar(axisOf(axis, x!), 'int32')], x!.shape, { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 }),
  },
  TopK: {
    types: NUMBERS,
    emit: (g, { x }, { k, sorted }) => {
      const shape = [...x!.shape.slice(0, -1), k as number];
      const [values, places] = g.node('TopK', [x!, g.ints([k as number])], [[shape, x!.type], [shape, 'int64']], { axis: -1, sorted: sorted ? 1 : 0 }); // prettier-ignore
      return [values!, g.cast(places!, 'int32')];
    },
  },
};

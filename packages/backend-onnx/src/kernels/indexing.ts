import { sameShape } from '@reidkit/core-tensor';
import { ANY, axisOf, type KernelAttributes, type KernelTable, NUMBERS, sizeOf } from './kernel-form.ts';
import type { OnnxGraph, OnnxType, OnnxValue } from '../onnx/graph.ts';

const range = (length: number): number[] => [...Array(length).keys()];

/** Looks up along an axis in tables of which each image of a batch has its own: one table of all, and indices moved to theirs. */
function gatherInBatches(g: OnnxGraph, x: OnnxValue, indices: OnnxValue, axis: number, batchDims: number): OnnxValue {
  const batch = sizeOf(x.shape.slice(0, batchDims));
  const outer = sizeOf(x.shape.slice(batchDims, axis));
  const inner = sizeOf(x.shape.slice(axis + 1));
  const length = x.shape[axis]!;
  const count = sizeOf(indices.shape.slice(batchDims));
  const swap = [0, 2, 1, 3];
  const table = g.reshape(g.transpose(g.reshape(x, [batch, outer, length, inner]), swap), [batch * length, outer * inner]);
  const first = g.wholes(range(batch).map((i) => i * length), [batch, 1]); // prettier-ignore
  const places = g.reshape(g.add(g.reshape(indices, [batch, count]), first), [batch * count]);
  const found = g.reshape(g.gather(table, places, 0), [batch, count, outer, inner]);
  return g.reshape(g.transpose(found, swap), [...x.shape.slice(0, axis), ...indices.shape.slice(batchDims), ...x.shape.slice(axis + 1)]);
}

/** How many leading axes are those of a batch. */
function batchDimsOf({ batchDims }: KernelAttributes, indices: OnnxValue): number {
  const given = (batchDims as number | undefined) ?? 0;
  return given < 0 ? given + indices.shape.length : given;
}

/** Kernels that look up by index. */
export const indexing: KernelTable = {
  GatherV2: {
    types: ANY,
    takes: ({ x, indices }, attributes) => {
      const batchDims = batchDimsOf(attributes, indices!);
      const isBatch = batchDims <= indices!.shape.length && sameShape(x!.shape.slice(0, batchDims), indices!.shape.slice(0, batchDims));
      return indices!.type === 'int32' && isBatch && batchDims >= 0 && batchDims <= axisOf(attributes.axis, x!);
    },
    emit: (g, { x, indices }, attributes) => {
      const axis = axisOf(attributes.axis, x!);
      const batchDims = batchDimsOf(attributes, indices!);
      return batchDims === 0 ? g.gather(x!, indices!, axis) : gatherInBatches(g, x!, indices!, axis, batchDims);
    },
  },
  GatherNd: {
    types: ANY,
    takes: ({ params, indices }) => indices!.type === 'int32' && indices!.shape.at(-1)! <= params!.shape.length,
    emit: (g, { params, indices }) => {
      const depth = indices!.shape.at(-1)!;
      return g.one('GatherND', [params!, g.cast(indices!, 'int64')], [...indices!.shape.slice(0, -1), ...params!.shape.slice(depth)]);
    },
  },
  OneHot: {
    types: ['int32'],
    emit: (g, { indices }, { depth, onValue, offValue, dtype }) => {
      const chosen = g.binary('Equal', g.reshape(indices!, [...indices!.shape, 1]), g.wholes(range(depth as number)), 'bool');
      const type = ((dtype as string | undefined) ?? 'float32') as OnnxType;
      const on = g.scalar(onValue as number, type === 'bool' ? 'int32' : type);
      return g.cast(g.where(chosen, on, g.scalar(offValue as number, on.type)), type);
    },
  },
  /** Counts, for each value, the elements of its sorted row that come before it. */
  SearchSorted: {
    types: NUMBERS,
    takes: ({ sortedSequence, values }) => sortedSequence!.type === values!.type && values!.shape.length === 2,
    emit: (g, { sortedSequence, values }, { side }) => {
      const [rows, length] = sortedSequence!.shape as [number, number];
      const row = g.reshape(sortedSequence!, [rows, 1, length]);
      const value = g.reshape(values!, [...values!.shape, 1]);
      const before = g.binary(side === 'left' ? 'Less' : 'LessOrEqual', row, value, 'bool');
      return g.reduce('ReduceSum', g.cast(before, 'int32'), [2]);
    },
  },
  Diag: {
    types: ANY,
    emit: (g, { x }) => {
      const size = sizeOf(x!.shape);
      const isDiagonal = g.binary('Equal', g.wholes(range(size), [size, 1]), g.wholes(range(size)), 'bool');
      const row = g.reshape(x!, [size]);
      const matrix = x!.type === 'bool' ? g.binary('And', isDiagonal, row) : g.where(isDiagonal, row, g.scalar(0, x!.type));
      return g.reshape(matrix, [...x!.shape, ...x!.shape]);
    },
  },
  ZerosLike: { types: ANY, emit: (g, { x }) => g.expand(g.scalar(0, x!.type), x!.shape) },
  OnesLike: { types: ANY, emit: (g, { x }) => g.expand(g.scalar(1, x!.type), x!.shape) },
};

/** Whether a list of indices lies inside a table; the engine does not check. */
export const insideTable = (indices: ArrayLike<number>, length: number): boolean => {
  for (let i = 0; i < indices.length; i++) if (!(indices[i]! >= 0 && indices[i]! < length)) return false;
  return true;
};

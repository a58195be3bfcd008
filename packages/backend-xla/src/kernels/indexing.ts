import { type KernelAttributes, sameShape } from '@reidkit/core-tensor';
import type { HloProgram } from '../stablehlo/program.ts';
import { sizeOf } from '../stablehlo/shapes.ts';
import type { HloType, HloValue } from '../stablehlo/values.ts';
import { ANY, axisOf, type KernelTable, NUMBERS } from './kernel-form.ts';
import { takeAlong, takeAt } from './lookup.ts';

/** Looks up along an axis in tables of which each image of a batch has its own: one table of all, and indices moved to theirs. */
function takeInBatches(p: HloProgram, x: HloValue, indices: HloValue, axis: number, batchDims: number): HloValue {
  const batch = sizeOf(x.shape.slice(0, batchDims));
  const outer = sizeOf(x.shape.slice(batchDims, axis));
  const inner = sizeOf(x.shape.slice(axis + 1));
  const length = x.shape[axis]!;
  const count = sizeOf(indices.shape.slice(batchDims));
  const swap = [0, 2, 1, 3];
  const table = p.reshape(p.transpose(p.reshape(x, [batch, outer, length, inner]), swap), [batch * length, outer * inner]);
  const first = p.mul(p.iota([batch, count], 0), length);
  const places = p.reshape(p.add(p.reshape(indices, [batch, count]), first), [batch * count]);
  const found = p.reshape(takeAlong(p, table, places, 0), [batch, count, outer, inner]);
  return p.reshape(p.transpose(found, swap), [...x.shape.slice(0, axis), ...indices.shape.slice(batchDims), ...x.shape.slice(axis + 1)]);
}

/** How many leading axes are those of a batch. */
function batchDimsOf({ batchDims }: KernelAttributes, indices: HloValue): number {
  const given = (batchDims as number | undefined) ?? 0;
  return given < 0 ? given + indices.shape.length : given;
}

/** Truth of the diagonal of a square. */
function diagonal(p: HloProgram, size: number): HloValue {
  return p.compare('EQ', p.iota([size, size], 0), p.iota([size, size], 1));
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
    emit: (p, { x, indices }, attributes) => {
      const axis = axisOf(attributes.axis, x!);
      const batchDims = batchDimsOf(attributes, indices!);
      return batchDims === 0 ? takeAlong(p, x!, indices!, axis) : takeInBatches(p, x!, indices!, axis, batchDims);
    },
  },
  GatherNd: {
    types: ANY,
    takes: ({ params, indices }) => indices!.type === 'int32' && indices!.shape.at(-1)! <= params!.shape.length,
    emit: (p, { params, indices }) => takeAt(p, params!, indices!),
  },
  OneHot: {
    types: ['int32'],
    emit: (p, { indices }, { depth, onValue, offValue, dtype }) => {
      const shape = [...indices!.shape, depth as number];
      const chosen = p.compare('EQ', p.reshape(indices!, [...indices!.shape, 1]), p.iota(shape, shape.length - 1));
      const type = ((dtype as string | undefined) ?? 'float32') as HloType;
      return p.where(chosen, p.splat(onValue as number, shape, type), p.splat(offValue as number, shape, type));
    },
  },
  /** Counts, for each value, the elements of its sorted row that come before it. */
  SearchSorted: {
    types: NUMBERS,
    takes: ({ sortedSequence, values }) => sortedSequence!.type === values!.type && values!.shape.length === 2,
    emit: (p, { sortedSequence, values }, { side }) => {
      const [rows, length] = sortedSequence!.shape as [number, number];
      const row = p.reshape(sortedSequence!, [rows, 1, length]);
      const before = p.compare(side === 'left' ? 'LT' : 'LE', row, p.reshape(values!, [...values!.shape, 1]));
      return p.reduce('add', p.convert(before, 'int32'), [2]);
    },
  },
  Diag: {
    types: ANY,
    emit: (p, { x }) => {
      const size = sizeOf(x!.shape);
      const matrix = p.where(diagonal(p, size), p.broadcast(p.reshape(x!, [size]), [size, size]), 0);
      return p.reshape(matrix, [...x!.shape, ...x!.shape]);
    },
  },
  ZerosLike: { types: ANY, emit: (p, { x }) => p.splat(0, x!.shape, x!.type) },
  OnesLike: { types: ANY, emit: (p, { x }) => p.splat(1, x!.shape, x!.type) },
};

/** Whether a list of indices lies inside a table; a program takes the nearest that does. */
export const insideTable = (indices: ArrayLike<number>, length: number): boolean => {
  for (let i = 0; i < indices.length; i++) if (!(indices[i]! >= 0 && indices[i]! < length)) return false;
  return true;
};

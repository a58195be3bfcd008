import type { HloProgram } from '../stablehlo/program.ts';
import { sizeOf } from '../stablehlo/shapes.ts';
import type { HloValue } from '../stablehlo/values.ts';
import { ANY, type KernelForm, type KernelInputs, type KernelTable, NUMBERS } from './kernel-form.ts';
import { putAt } from './lookup.ts';

/** How many numbers make a place: a list of indices is one of places in the first axis. */
const depthOf = (indices: HloValue): number => (indices.shape.length > 1 ? indices.shape.at(-1)! : 1);

/** Whether updates are as many as the places, and each of the shape that is left of the table at one. */
function fits(indices: HloValue, updates: HloValue, shape: readonly number[]): boolean {
  const depth = depthOf(indices);
  const count = sizeOf(indices.shape) / Math.max(1, depth);
  return indices.type === 'int32' && depth >= 1 && depth <= shape.length && sizeOf(updates.shape) === count * sizeOf(shape.slice(depth));
}

function scatter(p: HloProgram, table: HloValue, indices: HloValue, updates: HloValue, how: 'add' | 'replace'): HloValue {
  const depth = depthOf(indices);
  const count = sizeOf(indices.shape) / depth;
  return putAt(p, table, p.reshape(indices, [count, depth]), p.reshape(updates, [count, ...table.shape.slice(depth)]), how);
}

/** Counts or weights of each number; numbers that are too large are left out. */
function counts(p: HloProgram, { x, weights }: KernelInputs, size: number, isTruth: boolean): HloValue {
  const rows = sizeOf(x!.shape.slice(0, -1));
  const length = x!.shape.at(-1)!;
  const isWeighted = !isTruth && sizeOf(weights!.shape) > 0;
  const amounts = isWeighted ? p.reshape(weights!, [rows * length]) : p.splat(1, [rows * length], weights!.type);
  const row = p.reshape(p.iota([rows, length], 0), [rows * length, 1]);
  const places = p.concat([row, p.reshape(x!, [rows * length, 1])], 1);
  const sums = putAt(p, p.splat(0, [rows, size], weights!.type), places, amounts, isTruth ? 'replace' : 'add');
  return p.reshape(sums, [...x!.shape.slice(0, -1), size]);
}

const bincount = (isFlat: boolean): KernelForm => ({
  types: NUMBERS,
  takes: ({ x, weights }) =>
    x!.type === 'int32' && sizeOf(x!.shape) > 0 && x!.shape.length > 0 && [0, sizeOf(x!.shape)].includes(sizeOf(weights!.shape)),
  emit: (p, { x, weights }, { size, binaryOutput }) => {
    const flat = (value: HloValue): HloValue => (isFlat ? p.reshape(value, [sizeOf(value.shape)]) : value);
    return counts(p, { x: flat(x!), weights: flat(weights!) }, size as number, binaryOutput === true && x!.shape.length === 2);
  },
});

/** Kernels that write by index. */
export const scattering: KernelTable = {
  ScatterNd: {
    types: NUMBERS,
    takes: ({ indices, updates }, { shape }) => fits(indices!, updates!, shape as number[]),
    emit: (p, { indices, updates }, { shape }) => scatter(p, p.splat(0, shape as number[], updates!.type), indices!, updates!, 'add'),
  },
  TensorScatterUpdate: {
    types: ANY,
    takes: ({ tensor, indices, updates }) => tensor!.type === updates!.type && fits(indices!, updates!, tensor!.shape),
    emit: (p, { tensor, indices, updates }) => scatter(p, tensor!, indices!, updates!, 'replace'),
  },
  SparseToDense: {
    types: ANY,
    takes: ({ sparseIndices, sparseValues, defaultValue }, { outputShape }) => {
      const isOne = sparseValues!.shape.length === 0; // one value for all places
      const values = isOne ? { ...sparseValues!, shape: [sizeOf(sparseIndices!.shape) / depthOf(sparseIndices!)] } : sparseValues!;
      return defaultValue!.type === sparseValues!.type && fits(sparseIndices!, values, outputShape as number[]);
    },
    emit: (p, { sparseIndices, sparseValues, defaultValue }, attributes) => {
      const count = sizeOf(sparseIndices!.shape) / depthOf(sparseIndices!);
      const values = sparseValues!.shape.length === 0 ? p.broadcast(sparseValues!, [count]) : sparseValues!;
      return scatter(p, p.broadcast(defaultValue!, attributes.outputShape as number[]), sparseIndices!, values, 'replace');
    },
  },
  /** Rows of no segment are left out. */
  UnsortedSegmentSum: {
    // Of whole numbers tfjs makes float32.
    types: NUMBERS,
    takes: ({ x, segmentIds }) => x!.type === 'float32' && segmentIds!.type === 'int32' && segmentIds!.shape.length === 1,
    emit: (p, { x, segmentIds }, attributes) => {
      const table = p.splat(0, [attributes.numSegments as number, ...x!.shape.slice(1)], x!.type);
      return scatter(p, table, segmentIds!, x!, 'add');
    },
  },
  Bincount: bincount(true),
  DenseBincount: bincount(false),
};

import { ANY, type KernelForm, type KernelInputs, type KernelTable, NUMBERS, sizeOf } from './kernel-form.ts';
import type { OnnxGraph, OnnxType, OnnxValue } from '../onnx/graph.ts';

/** All zeros of a shape, made by the graph and not stored in it. */
const zeros = (g: OnnxGraph, shape: readonly number[], type: OnnxType): OnnxValue => g.expand(g.scalar(0, type), shape);

/** How many numbers make a place: a list of indices is one of places in the first axis. */
const depthOf = (indices: OnnxValue): number => (indices.shape.length > 1 ? indices.shape.at(-1)! : 1);

/** Whether updates are as many as the places, and each of the shape that is left of the table at one. */
function fits(indices: OnnxValue, updates: OnnxValue, shape: readonly number[]): boolean {
  const depth = depthOf(indices);
  const count = sizeOf(indices.shape) / Math.max(1, depth);
  return indices.type === 'int32' && depth >= 1 && depth <= shape.length && sizeOf(updates.shape) === count * sizeOf(shape.slice(depth));
}

/** Writes or adds updates at places of a table. */
function scatter(g: OnnxGraph, table: OnnxValue, indices: OnnxValue, updates: OnnxValue, reduction: 'add' | 'none'): OnnxValue {
  const depth = depthOf(indices);
  const count = sizeOf(indices.shape) / depth;
  const places = g.cast(g.reshape(indices, [count, depth]), 'int64');
  return g.one('ScatterND', [table, places, g.reshape(updates, [count, ...table.shape.slice(depth)])], table.shape, { reduction });
}

/** Indices below a length as they are; all others become the length, a place behind the last. */
function orBehind(g: OnnxGraph, indices: OnnxValue, length: number): OnnxValue {
  const isInside = g.binary('And', g.binary('GreaterOrEqual', indices, g.scalar(0, 'int32'), 'bool'), g.binary('Less', indices, g.scalar(length, 'int32'), 'bool')); // prettier-ignore
  return g.where(isInside, indices, g.scalar(length, 'int32'));
}

/** Counts or weights of each number; numbers that are too large are left out. */
function counts(g: OnnxGraph, { x, weights }: KernelInputs, size: number, isTruth: boolean): OnnxValue {
  const axis = x!.shape.length - 1;
  const shape = [...x!.shape.slice(0, -1), size + 1];
  const isWeighted = !isTruth && sizeOf(weights!.shape) > 0;
  const amounts = isWeighted ? weights! : g.expand(g.scalar(1, weights!.type), x!.shape);
  const table = zeros(g, shape, weights!.type);
  const reduction = isTruth ? 'none' : 'add';
  const sums = g.one('ScatterElements', [table, orBehind(g, x!, size), amounts], shape, { axis, reduction });
  return g.slice(sums, shape.map(() => 0), [...shape.slice(0, -1), size]); // prettier-ignore
}

const bincount = (isFlat: boolean): KernelForm => ({
  types: NUMBERS,
  takesEmpty: true,
  takes: ({ x, weights }) =>
    x!.type === 'int32' && sizeOf(x!.shape) > 0 && x!.shape.length > 0 && [0, sizeOf(x!.shape)].includes(sizeOf(weights!.shape)),
  emit: (g, { x, weights }, { size, binaryOutput }) => {
    const flat = (value: OnnxValue): OnnxValue => (isFlat ? g.reshape(value, [sizeOf(value.shape)]) : value);
    return counts(g, { x: flat(x!), weights: flat(weights!) }, size as number, binaryOutput === true && x!.shape.length === 2);
  },
});

/** Kernels that write by index. */
export const scattering: KernelTable = {
  ScatterNd: {
    types: NUMBERS,
    takes: ({ indices, updates }, { shape }) => fits(indices!, updates!, shape as number[]),
    emit: (g, { indices, updates }, { shape }) => scatter(g, zeros(g, shape as number[], updates!.type), indices!, updates!, 'add'),
  },
  TensorScatterUpdate: {
    types: ANY,
    takes: ({ tensor, indices, updates }) => tensor!.type === updates!.type && fits(indices!, updates!, tensor!.shape),
    emit: (g, { tensor, indices, updates }) => scatter(g, tensor!, indices!, updates!, 'none'),
  },
  SparseToDense: {
    types: ANY,
    takes: ({ sparseIndices, sparseValues, defaultValue }, { outputShape }) => {
      const isOne = sparseValues!.shape.length === 0; // one value for all places
      const values = isOne ? { ...sparseValues!, shape: [sizeOf(sparseIndices!.shape) / depthOf(sparseIndices!)] } : sparseValues!;
      return defaultValue!.type === sparseValues!.type && fits(sparseIndices!, values, outputShape as number[]);
    },
    emit: (g, { sparseIndices, sparseValues, defaultValue }, attributes) => {
      const shape = attributes.outputShape as number[];
      const count = sizeOf(sparseIndices!.shape) / depthOf(sparseIndices!);
      const values = sparseValues!.shape.length === 0 ? g.expand(sparseValues!, [count]) : sparseValues!;
      return scatter(g, g.expand(defaultValue!, shape), sparseIndices!, values, 'none');
    },
  },
  /** Rows of no segment are added behind the last, which is cut off. */
  UnsortedSegmentSum: {
    types: NUMBERS,
    // Of whole numbers tfjs makes float32.
    takes: ({ x, segmentIds }) => x!.type === 'float32' && segmentIds!.type === 'int32' && segmentIds!.shape.length === 1,
    emit: (g, { x, segmentIds }, attributes) => {
      const segments = attributes.numSegments as number;
      const rest = x!.shape.slice(1);
      const sums = scatter(g, zeros(g, [segments + 1, ...rest], x!.type), orBehind(g, segmentIds!, segments), x!, 'add');
      return g.slice(sums, [0, ...rest.map(() => 0)], [segments, ...rest]);
    },
  },
  Bincount: bincount(true),
  DenseBincount: bincount(false),
};

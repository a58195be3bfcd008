import { ANY, axisOf, type KernelTable, NUMBERS } from './kernel-form.ts';
import { arrayOf, type OnnxGraph, type OnnxType, type OnnxValue } from '../onnx/graph.ts';

/** All zeros of a shape, made by the graph and not stored in it. */
const zeros = (g: OnnxGraph, shape: readonly number[], type: OnnxType): OnnxValue => g.expand(g.scalar(0, type), shape);

/** Kernels that look up and scatter by index. */
export const indexing: KernelTable = {
  GatherV2: {
    types: ANY,
    takes: ({ indices }, { batchDims }) => indices!.type === 'int32' && ((batchDims as number | undefined) ?? 0) === 0,
    emit: (g, { x, indices }, attributes) => {
      const axis = axisOf(attributes.axis, x!);
      const shape = [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)];
      return g.one('Gather', [x!, indices!], shape, { axis });
    },
  },
  GatherNd: {
    types: ANY,
    takes: ({ indices }) => indices!.type === 'int32',
    emit: (g, { params, indices }) => {
      const depth = indices!.shape.at(-1)!;
      return g.one('GatherND', [params!, g.cast(indices!, 'int64')], [...indices!.shape.slice(0, -1), ...params!.shape.slice(depth)]);
    },
  },
  ScatterNd: {
    types: NUMBERS,
    takes: ({ indices }) => indices!.type === 'int32',
    emit: (g, { indices, updates }, attributes) => {
      const shape = attributes.shape as number[];
      return g.one('ScatterND', [zeros(g, shape, updates!.type), g.cast(indices!, 'int64'), updates!], shape, { reduction: 'add' });
    },
  },
  UnsortedSegmentSum: {
    takes: ({ x }) => x!.type === 'float32',
    types: NUMBERS,
    emit: (g, { x, segmentIds }, { numSegments }) => {
      const shape = [numSegments as number, ...x!.shape.slice(1)];
      const places = g.reshape(g.cast(segmentIds!, 'int64'), [x!.shape[0]!, 1]);
      return g.one('ScatterND', [zeros(g, shape, x!.type), places, x!], shape, { reduction: 'add' });
    },
  },
  OneHot: {
    types: ['int32'],
    emit: (g, { indices }, { depth, onValue, offValue, dtype }) => {
      const places = g.constant(
        arrayOf(
          'int32',
          Array.from({ length: depth as number }, (_, i) => i),
        ),
        [depth as number],
        'int32',
      );
      const chosen = g.binary('Equal', g.reshape(indices!, [...indices!.shape, 1]), places, 'bool');
      const type = ((dtype as string | undefined) ?? 'float32') as OnnxType;
      const on = g.scalar(onValue as number, type === 'bool' ? 'int32' : type);
      const off = g.scalar(offValue as number, on.type);
      return g.cast(g.one('Where', [chosen, on, off], chosen.shape, {}, on.type), type);
    },
  },
  ZerosLike: { types: ANY, emit: (g, { x }) => zeros(g, x!.shape, x!.type) },
  OnesLike: { types: NUMBERS, emit: (g, { x }) => g.expand(g.scalar(1, x!.type), x!.shape) },
};

/** Whether a list of indices lies inside a table; the engine does not check. */
export const insideTable = (indices: ArrayLike<number>, length: number): boolean => {
  for (let i = 0; i < indices.length; i++) if (!(indices[i]! >= 0 && indices[i]! < length)) return false;
  return true;
};

import { slice_util, util } from '@tensorflow/tfjs';
import type { OnnxGraph, OnnxValue } from '../onnx/graph.ts';
import { ANY, areAlike, axesOf, axisOf, type KernelAttributes, type KernelTable, listOf, partSizes, sizeOf } from './kernel-form.ts';

/** Where a slice begins and how long it is along each axis. */
function sliceOf(x: OnnxValue, { begin, size }: KernelAttributes): readonly [number[], number[]] {
  const params = slice_util.parseSliceParams({ shape: x.shape, rank: x.shape.length } as never, begin as number[], size as number[]);
  return params as [number[], number[]];
}

/** Elements of some axes in reverse order. */
function reversed(g: OnnxGraph, x: OnnxValue, axes: readonly number[]): OnnxValue {
  if (axes.length === 0) return x;
  const each = (value: number): OnnxValue => g.ints(axes.map(() => value));
  return g.one('Slice', [x, each(-1), each(-(2 ** 31)), g.ints(axes), each(-1)], x.shape);
}

/** Where an axis that is put in comes to stand. */
const newAxis = (axis: unknown, rank: number): number => ((axis as number) < 0 ? rank + 1 + (axis as number) : (axis as number));

/** Kernels that move elements without changing them. */
export const shapes: KernelTable = {
  Identity: { types: ANY, emit: (_g, { x }) => x! },
  Reshape: {
    types: ANY,
    emit: (g, { x }, { shape }) => g.reshape(x!, util.inferFromImplicitShape(shape as number[], sizeOf(x!.shape))),
  },
  ExpandDims: {
    types: ANY,
    emit: (g, { input }, { dim }) => {
      const shape = [...input!.shape];
      shape.splice(newAxis(dim, shape.length), 0, 1);
      return g.reshape(input!, shape);
    },
  },
  Transpose: { types: ANY, anyShape: true, emit: (g, { x }, { perm }) => g.transpose(x!, perm as number[]) },
  Concat: {
    types: ANY,
    anyShape: true,
    takesEmpty: true,
    takes: (inputs, { axis }) => {
      const values = listOf(inputs);
      return values.some(({ shape }) => sizeOf(shape) > 0) && areAlike(values, axisOf(axis, values[0]!));
    },
    emit: (g, inputs, { axis }) => {
      const values = listOf(inputs).filter(({ shape }) => sizeOf(shape) > 0);
      return g.concat(values, axisOf(axis, values[0]!));
    },
  },
  Pack: {
    types: ANY,
    takes: (inputs) => areAlike(listOf(inputs)),
    emit: (g, inputs, { axis }) => {
      const values = listOf(inputs);
      const shape = [...values[0]!.shape];
      const at = newAxis(axis, shape.length);
      shape.splice(at, 0, 1);
      return g.concat(values.map((value) => g.reshape(value, shape)), at); // prettier-ignore
    },
  },
  Unpack: {
    types: ANY,
    emit: (g, { value }, attributes) => {
      const axis = axisOf(attributes.axis, value!);
      const shape = value!.shape.filter((_, i) => i !== axis);
      const parts = g.split(value!, Array<number>(value!.shape[axis]!).fill(1), axis);
      return parts.map((part) => g.reshape(part, shape));
    },
  },
  SplitV: {
    types: ANY,
    emit: (g, { x }, attributes) => {
      const axis = axisOf(attributes.axis, x!);
      return g.split(x!, partSizes(x!, attributes.numOrSizeSplits, axis), axis);
    },
  },
  Slice: {
    types: ANY,
    takes: ({ x }, attributes) => {
      const [begin, size] = sliceOf(x!, attributes);
      return begin.every((from, axis) => from >= 0 && size[axis]! >= 0 && from + size[axis]! <= x!.shape[axis]!);
    },
    emit: (g, { x }, attributes) => {
      const [begin, size] = sliceOf(x!, attributes);
      const end = begin.map((from, axis) => from + size[axis]!);
      return g.slice(x!, begin, end);
    },
  },
  StridedSlice: {
    types: ANY,
    takes: ({ x }, attributes) => sizeOf(stridesOf(x!, attributes).finalShape) > 0,
    emit: (g, { x }, attributes) => {
      const { begin, end, strides, finalShape } = stridesOf(x!, attributes);
      const axes = begin.map((_, axis) => axis);
      const last = end.map((to, axis) => (strides[axis]! < 0 && to < 0 ? -(2 ** 31) : to)); // before the first is no place from the end
      const shape = begin.map((from, axis) => Math.ceil((end[axis]! - from) / strides[axis]!));
      const part = g.one('Slice', [x!, g.ints(begin), g.ints(last), g.ints(axes), g.ints(strides)], shape);
      return g.reshape(part, finalShape);
    },
  },
  Tile: {
    types: ANY,
    emit: (g, { x }, { reps }) => {
      const repeats = reps as number[];
      return g.one('Tile', [x!, g.ints(repeats)], x!.shape.map((length, axis) => length * repeats[axis]!)); // prettier-ignore
    },
  },
  PadV2: {
    types: ANY,
    emit: (g, { x }, { paddings, constantValue }) => {
      const pads = paddings as [number, number][];
      const [before, after] = [pads.map((pair) => pair[0]), pads.map((pair) => pair[1])];
      return g.pad(x!, before, after, (constantValue as number | undefined) ?? 0);
    },
  },
  MirrorPad: {
    types: ANY,
    emit: (g, { x }, { paddings, mode }) =>
      (paddings as [number, number][]).reduce((value, pads, axis) => mirrored(g, value, axis, pads, mode === 'symmetric'), x!),
  },
  Reverse: { types: ANY, emit: (g, { x }, { dims }) => reversed(g, x!, axesOf(dims, x!)), takes: ({ x }, { dims }) => areAxes(dims, x!) },
  FlipLeftRight: { types: ANY, takes: ({ image }) => image!.shape.length === 4, emit: (g, { image }) => reversed(g, image!, [2]) },
  BroadcastTo: { types: ANY, emit: (g, { x }, { shape }) => g.expand(x!, shape as number[]) },
};

const areAxes = (axes: unknown, { shape }: OnnxValue): boolean =>
  [axes ?? []].flat().every((axis) => (axis as number) >= -shape.length && (axis as number) < shape.length);

function stridesOf(x: OnnxValue, attributes: KernelAttributes): ReturnType<typeof slice_util.sliceInfo> {
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attributes as Record<string, never>;
  return slice_util.sliceInfo([...x.shape], begin!, end!, strides!, beginMask!, endMask!, ellipsisMask!, newAxisMask!, shrinkAxisMask!);
}

/** An axis continued by its mirror image on both sides; the elements at the edges are in it twice or not. */
function mirrored(g: OnnxGraph, x: OnnxValue, axis: number, [before, after]: readonly [number, number], isEdgeTwice: boolean): OnnxValue {
  if (before === 0 && after === 0) return x;
  const length = x.shape[axis]!;
  const skipped = isEdgeTwice ? 0 : 1;
  const left = Array.from({ length: before }, (_, i) => before - i - 1 + skipped);
  const right = Array.from({ length: after }, (_, i) => length - 1 - i - skipped);
  return g.gather(x, g.wholes([...left, ...Array(length).keys(), ...right]), axis);
}

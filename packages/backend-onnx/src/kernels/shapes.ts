import { slice_util, util } from '@tensorflow/tfjs';
import { ANY, axisOf, type KernelTable, listOf, NUMBERS, partSizes } from './kernel-form.ts';

/** Kernels that move elements without changing them. */
export const shapes: KernelTable = {
  Identity: { types: ANY, emit: (_g, { x }) => x! },
  Reshape: {
    types: ANY,
    emit: (g, { x }, { shape }) => g.reshape(x!, util.inferFromImplicitShape(shape as number[], util.sizeFromShape([...x!.shape]))),
  },
  ExpandDims: {
    types: ANY,
    emit: (g, { input }, { dim }) => {
      const shape = [...input!.shape];
      shape.splice((dim as number) < 0 ? shape.length + 1 + (dim as number) : (dim as number), 0, 1);
      return g.reshape(input!, shape);
    },
  },
  Transpose: { types: ANY, anyShape: true, emit: (g, { x }, { perm }) => g.transpose(x!, perm as number[]) },
  Concat: {
    types: ANY,
    anyShape: true,
    emit: (g, inputs, { axis }) => {
      const values = listOf(inputs);
      return g.concat(values, axisOf(axis, values[0]!));
    },
  },
  Pack: {
    types: ANY,
    emit: (g, inputs, { axis }) => {
      const values = listOf(inputs);
      const shape = [...values[0]!.shape];
      const at = (axis as number) < 0 ? shape.length + 1 + (axis as number) : (axis as number);
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
    emit: (g, { x }, attributes) => {
      const params = slice_util.parseSliceParams(
        { shape: [...x!.shape] } as never,
        attributes.begin as number[],
        attributes.size as number[],
      );
      const [begin, size] = params as [number[], number[]];
      const end = begin.map((from, axis) => from + size[axis]!);
      return g.slice(x!, begin, end);
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
    types: NUMBERS,
    emit: (g, { x }, { paddings, constantValue }) => {
      const pads = paddings as [number, number][];
      const amounts = g.ints([...pads.map(([before]) => before), ...pads.map(([, after]) => after)]);
      const shape = x!.shape.map((length, axis) => length + pads[axis]![0] + pads[axis]![1]);
      return g.one('Pad', [x!, amounts, g.scalar((constantValue as number | undefined) ?? 0, x!.type)], shape, { mode: 'constant' });
    },
  },
  Reverse: {
    types: ANY,
    emit: (g, { x }, { dims }) => {
      const axes = (dims as number[]).map((axis) => (axis < 0 ? axis + x!.shape.length : axis));
      if (axes.length === 0) return x!;
      const each = (value: number): readonly number[] => axes.map(() => value);
      return g.one('Slice', [x!, g.ints(each(-1)), g.ints(each(-(2 ** 31))), g.ints(axes), g.ints(each(-1))], x!.shape);
    },
  },
  BroadcastTo: { types: NUMBERS, emit: (g, { x }, { shape }) => g.expand(x!, shape as number[]) },
};

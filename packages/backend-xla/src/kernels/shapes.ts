import { slice_util, util } from '@tensorflow/tfjs';
import type { KernelAttributes } from '@reidkit/core-tensor';
import type { HloProgram } from '../stablehlo/program.ts';
import { sizeOf } from '../stablehlo/shapes.ts';
import type { HloValue } from '../stablehlo/values.ts';
import { ANY, areAlike, axesOf, axisOf, type KernelTable, listOf, partSizes } from './kernel-form.ts';

/** Where a slice begins and how long it is along each axis. */
function sliceOf(x: HloValue, { begin, size }: KernelAttributes): readonly [number[], number[]] {
  const params = slice_util.parseSliceParams({ shape: x.shape, rank: x.shape.length } as never, begin as number[], size as number[]);
  return params as [number[], number[]];
}

/** Where an axis that is put in comes to stand. */
const newAxis = (axis: unknown, rank: number): number => ((axis as number) < 0 ? rank + 1 + (axis as number) : (axis as number));

/** Parts of an axis, one after another. */
function split(p: HloProgram, x: HloValue, sizes: readonly number[], axis: number): HloValue[] {
  let from = 0;
  return sizes.map((size) => p.part(x, axis, from, (from += size)));
}

type SliceInfo = ReturnType<typeof slice_util.sliceInfo>;

function stridesOf(x: HloValue, attributes: KernelAttributes): SliceInfo {
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attributes as Record<string, never>;
  return slice_util.sliceInfo([...x.shape], begin!, end!, strides!, beginMask!, endMask!, ellipsisMask!, newAxisMask!, shrinkAxisMask!);
}

/** A slice with strides; one that goes backwards is one of the reversed axis. */
function strided(p: HloProgram, x: HloValue, { begin, end, strides, finalShape }: SliceInfo): HloValue {
  const backwards = strides.flatMap((stride, axis) => (stride < 0 ? [axis] : []));
  const turned = (place: number, axis: number): number => (strides[axis]! < 0 ? x.shape[axis]! - 1 - place : place);
  const part = p.slice(p.reverse(x, backwards), begin.map(turned), end.map(turned), strides.map(Math.abs));
  return p.reshape(part, finalShape);
}

/** Each axis several times over. */
function tiled(p: HloProgram, x: HloValue, reps: readonly number[]): HloValue {
  const apart = x.shape.flatMap((length, axis) => [reps[axis]!, length]);
  const whole = p.broadcastAlong(x, apart, x.shape.map((_, axis) => 2 * axis + 1)); // prettier-ignore
  return p.reshape(whole, x.shape.map((length, axis) => length * reps[axis]!)); // prettier-ignore
}

/** An axis continued by its mirror image on both sides; the elements at the edges are in it twice or not. */
function mirrored(p: HloProgram, x: HloValue, axis: number, [before, after]: readonly [number, number], isEdgeTwice: boolean): HloValue {
  const length = x.shape[axis]!;
  const skipped = isEdgeTwice ? 0 : 1;
  const left = before === 0 ? [] : [p.reverse(p.part(x, axis, skipped, before + skipped), [axis])];
  const right = after === 0 ? [] : [p.reverse(p.part(x, axis, length - after - skipped, length - skipped), [axis])];
  return p.concat([...left, x, ...right], axis);
}

const areAxes = (axes: unknown, { shape }: HloValue): boolean =>
  [axes ?? []].flat().every((axis) => (axis as number) >= -shape.length && (axis as number) < shape.length);

/** Kernels that move elements without changing them. */
export const shapes: KernelTable = {
  Identity: { types: ANY, emit: (_p, { x }) => x! },
  Reshape: {
    types: ANY,
    emit: (p, { x }, { shape }) => p.reshape(x!, util.inferFromImplicitShape(shape as number[], sizeOf(x!.shape))),
  },
  ExpandDims: {
    types: ANY,
    emit: (p, { input }, { dim }) => {
      const shape = [...input!.shape];
      shape.splice(newAxis(dim, shape.length), 0, 1);
      return p.reshape(input!, shape);
    },
  },
  Transpose: { types: ANY, emit: (p, { x }, { perm }) => p.transpose(x!, perm as number[]) },
  Concat: {
    types: ANY,
    takes: (inputs, { axis }) => {
      const values = listOf(inputs);
      return values.some(({ shape }) => sizeOf(shape) > 0) && areAlike(values, axisOf(axis, values[0]!));
    },
    emit: (p, inputs, { axis }) => {
      const values = listOf(inputs).filter(({ shape }) => sizeOf(shape) > 0);
      return p.concat(values, axisOf(axis, values[0]!));
    },
  },
  Pack: {
    types: ANY,
    takes: (inputs) => areAlike(listOf(inputs)),
    emit: (p, inputs, { axis }) => {
      const values = listOf(inputs);
      const shape = [...values[0]!.shape];
      const at = newAxis(axis, shape.length);
      shape.splice(at, 0, 1);
      return p.concat(values.map((value) => p.reshape(value, shape)), at); // prettier-ignore
    },
  },
  Unpack: {
    types: ANY,
    emit: (p, { value }, attributes) => {
      const axis = axisOf(attributes.axis, value!);
      const shape = value!.shape.filter((_, i) => i !== axis);
      return split(p, value!, Array<number>(value!.shape[axis]!).fill(1), axis).map((part) => p.reshape(part, shape));
    },
  },
  SplitV: {
    types: ANY,
    emit: (p, { x }, attributes) => {
      const axis = axisOf(attributes.axis, x!);
      return split(p, x!, partSizes(x!, attributes.numOrSizeSplits, axis), axis);
    },
  },
  Slice: {
    types: ANY,
    takes: ({ x }, attributes) => {
      const [begin, size] = sliceOf(x!, attributes);
      return begin.every((from, axis) => from >= 0 && size[axis]! >= 0 && from + size[axis]! <= x!.shape[axis]!);
    },
    emit: (p, { x }, attributes) => {
      const [begin, size] = sliceOf(x!, attributes);
      return p.slice(x!, begin, begin.map((from, axis) => from + size[axis]!)); // prettier-ignore
    },
  },
  StridedSlice: {
    types: ANY,
    takes: ({ x }, attributes) => sizeOf(stridesOf(x!, attributes).finalShape) > 0,
    emit: (p, { x }, attributes) => strided(p, x!, stridesOf(x!, attributes)),
  },
  Tile: { types: ANY, emit: (p, { x }, { reps }) => tiled(p, x!, reps as number[]) },
  PadV2: {
    types: ANY,
    emit: (p, { x }, { paddings, constantValue }) => {
      const pads = paddings as [number, number][];
      const [before, after] = [pads.map((pair) => pair[0]), pads.map((pair) => pair[1])];
      return p.pad(x!, before, after, { value: (constantValue as number | undefined) ?? 0 });
    },
  },
  MirrorPad: {
    types: ANY,
    emit: (p, { x }, { paddings, mode }) =>
      (paddings as [number, number][]).reduce((value, pads, axis) => mirrored(p, value, axis, pads, mode === 'symmetric'), x!),
  },
  Reverse: { types: ANY, emit: (p, { x }, { dims }) => p.reverse(x!, axesOf(dims, x!)), takes: ({ x }, { dims }) => areAxes(dims, x!) },
  FlipLeftRight: { types: ANY, takes: ({ image }) => image!.shape.length === 4, emit: (p, { image }) => p.reverse(image!, [2]) },
  BroadcastTo: { types: ANY, emit: (p, { x }, { shape }) => p.broadcast(x!, shape as number[]) },
};

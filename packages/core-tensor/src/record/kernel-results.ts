import { backend_util, slice_util, util } from '@tensorflow/tfjs';
import { sizeOf } from '../host-tensor.ts';
import { imageKernels } from './image-kernel-results.ts';
import type { KernelAttributes, TensorSpec } from './step-graph.ts';

/** Inputs of a kernel by tfjs's names, as far as they are known before there are numbers. */
export type SpecInputs = Readonly<Record<string, TensorSpec>>;

/** Shape and type of what a kernel gives; nothing for what cannot be in a graph. */
export type ResultRule = (inputs: SpecInputs, attributes: KernelAttributes) => TensorSpec | readonly TensorSpec[] | undefined;

/** Rules by kernel name. */
export type ResultRules = Readonly<Record<string, ResultRule>>;

type DType = TensorSpec['dtype'];

const rules = (names: string, rule: ResultRule): ResultRules => Object.fromEntries(names.split(' ').map((name) => [name, rule]));

const spec = (shape: readonly number[], dtype: DType): TensorSpec => ({ shape, dtype });

/** The first of the inputs, whatever its name. */
const first = (inputs: SpecInputs): TensorSpec => Object.values(inputs)[0]!;

const broadcast = (a: TensorSpec, b: TensorSpec): number[] => backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);

const axesOf = (axis: unknown, shape: readonly number[]): number[] =>
  axis === undefined || axis === null ? shape.map((_, i) => i) : util.parseAxisParam(axis as number | number[], [...shape]);

const axisOf = (axis: unknown, shape: readonly number[]): number => axesOf(axis ?? 0, shape)[0]!;

const without = (shape: readonly number[], axes: readonly number[]): number[] => shape.filter((_, i) => !axes.includes(i));

/** Reduces over `axis`; the type is that of the input unless given. */
const reduced =
  (type?: (dtype: DType) => DType): ResultRule =>
  ({ x }, attributes) => {
    const axes = axesOf(attributes.reductionIndices ?? attributes.axis, x!.shape);
    const shape = attributes.keepDims ? x!.shape.map((length, i) => (axes.includes(i) ? 1 : length)) : without(x!.shape, axes);
    return spec(shape, type?.(x!.dtype) ?? x!.dtype);
  };

const same: ResultRule = (inputs) => first(inputs);
const paired: ResultRule = ({ a, b }) => spec(broadcast(a!, b!), a!.dtype);

const product: ResultRule = ({ a, b }, { transposeA, transposeB }) => {
  const lead = backend_util.assertAndGetBroadcastShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2));
  return spec([...lead, a!.shape.at(transposeA ? -1 : -2)!, b!.shape.at(transposeB ? -2 : -1)!], a!.dtype);
};

const elementwise: ResultRules = {
  ...rules(
    'Abs Acos Acosh Asin Asinh Atan Atanh Ceil ClipByValue Cos Cosh Cumprod Cumsum Elu Erf Exp Expm1 Floor Identity Log Log1p LogSoftmax ' +
      'LRN Neg OnesLike Prelu Reciprocal Relu Relu6 Reverse Round Rsqrt Selu Sigmoid Sign Sin Sinh Softmax Softplus Sqrt Square Step Tan Tanh ' +
      'TensorScatterUpdate ZerosLike EluGrad LRNGrad',
    same,
  ),
  ...rules('IsNan IsInf IsFinite LogicalNot', (inputs) => spec(first(inputs).shape, 'bool')),
  ...rules('Add Sub Multiply RealDiv Maximum Minimum Mod Pow SquaredDifference Atan2 BitwiseAnd', paired),
  ...rules('Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalXor', ({ a, b }) =>
    spec(broadcast(a!, b!), 'bool'),
  ),
  LeakyRelu: ({ x }) => spec(x!.shape, 'float32'),
  FloorDiv: ({ a, b }) => spec(broadcast(a!, b!), 'int32'),
  AddN: (inputs) => Object.values(inputs).reduce((sum, value) => spec(broadcast(sum, value), sum.dtype)),
  Cast: ({ x }, { dtype }) => (['float32', 'int32', 'bool'].includes(dtype as string) ? spec(x!.shape, dtype as DType) : undefined),
  Select: ({ t }) => t!,
};

const reductions: ResultRules = {
  ...rules('Max Min', reduced()),
  ...rules(
    'Sum Prod',
    reduced((dtype) => (dtype === 'bool' ? 'int32' : dtype)),
  ),
  Mean: reduced(() => 'float32'),
  ...rules(
    'All Any',
    reduced(() => 'bool'),
  ),
  ...rules('ArgMax ArgMin', ({ x }, { axis }) => spec(without(x!.shape, [axisOf(axis, x!.shape)]), 'int32')),
  TopK: ({ x }, { k }) => {
    const shape = [...x!.shape.slice(0, -1), k as number];
    return [spec(shape, x!.dtype), spec(shape, 'int32')];
  },
};

const stridedSlice: ResultRule = ({ x }, attributes) => {
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attributes as Record<string, number[]> &
    Record<string, number>;
  const { finalShape } = slice_util.sliceInfo([...x!.shape], begin as never, end as never, strides as never, beginMask as never, endMask as never, ellipsisMask as never, newAxisMask as never, shrinkAxisMask as never); // prettier-ignore
  return spec(finalShape, x!.dtype);
};

const movement: ResultRules = {
  Reshape: ({ x }, { shape }) => spec(util.inferFromImplicitShape(shape as number[], sizeOf(x!.shape)), x!.dtype),
  ExpandDims: ({ input }, { dim }) => {
    const shape = [...input!.shape];
    const at = dim as number;
    shape.splice(at < 0 ? shape.length + 1 + at : at, 0, 1);
    return spec(shape, input!.dtype);
  },
  Transpose: ({ x }, { perm }) =>
    spec(
      (perm as number[]).map((axis) => x!.shape[axis]!),
      x!.dtype,
    ),
  BroadcastTo: ({ x }, { shape }) => spec(shape as number[], x!.dtype),
  Tile: ({ x }, { reps }) =>
    spec(
      x!.shape.map((length, i) => length * (reps as number[])[i]!),
      x!.dtype,
    ),
  ...rules('PadV2 MirrorPad', ({ x }, { paddings }) => {
    const pads = paddings as [number, number][];
    return spec(
      x!.shape.map((length, i) => length + pads[i]![0] + pads[i]![1]),
      x!.dtype,
    );
  }),
  Slice: ({ x }, { begin, size }) =>
    spec(
      slice_util.parseSliceParams({ shape: x!.shape, rank: x!.shape.length } as never, begin as number[], size as number[])[1]!,
      x!.dtype,
    ),
  StridedSlice: stridedSlice,
  Concat: (inputs, { axis }) => {
    const list = Object.values(inputs);
    const shapes = list.map(({ shape }) => [...shape]);
    return spec(backend_util.computeOutShape(shapes, axisOf(axis, shapes[0]!)), list[0]!.dtype);
  },
  Pack: (inputs, { axis }) => {
    const list = Object.values(inputs);
    const shape = [...list[0]!.shape];
    const at = axis as number;
    shape.splice(at < 0 ? shape.length + 1 + at : at, 0, list.length);
    return spec(shape, list[0]!.dtype);
  },
  Unpack: ({ value }, { axis }) => {
    const at = axisOf(axis, value!.shape);
    return Array.from({ length: value!.shape[at]! }, () => spec(without(value!.shape, [at]), value!.dtype));
  },
  SplitV: ({ x }, { numOrSizeSplits, axis }) => {
    const at = axisOf(axis, x!.shape);
    const sizes = backend_util.prepareSplitSize({ shape: [...x!.shape] } as never, numOrSizeSplits as number[], at);
    return sizes.map((size) =>
      spec(
        x!.shape.map((length, i) => (i === at ? size : length)),
        x!.dtype,
      ),
    );
  },
};

const lookups: ResultRules = {
  GatherV2: ({ x, indices }, { axis, batchDims }) => {
    const at = axisOf(axis, x!.shape);
    const info = backend_util.segment_util.collectGatherOpShapeInfo(x as never, indices as never, at, (batchDims as number) ?? 0);
    return spec(info.outputShape, x!.dtype);
  },
  GatherNd: ({ params, indices }) => spec([...indices!.shape.slice(0, -1), ...params!.shape.slice(indices!.shape.at(-1)!)], params!.dtype),
  ScatterNd: ({ updates }, { shape }) => spec(shape as number[], updates!.dtype),
  UnsortedSegmentSum: ({ x }, { numSegments }) => spec([numSegments as number, ...x!.shape.slice(1)], x!.dtype),
  OneHot: ({ indices }, { depth, dtype }) => spec([...indices!.shape, depth as number], (dtype as DType | undefined) ?? 'float32'),
  SearchSorted: ({ values }) => spec(values!.shape, 'int32'),
  Bincount: ({ weights }, { size }) => spec([size as number], weights!.dtype),
  DenseBincount: ({ x, weights }, { size }) => spec([...x!.shape.slice(0, -1), size as number], weights!.dtype),
  Diag: ({ x }) => spec([...x!.shape, ...x!.shape], x!.dtype),
};

const products: ResultRules = {
  ...rules('BatchMatMul _FusedMatMul', product),
  Einsum: (inputs, { equation }) => {
    const list = Object.values(inputs);
    const [sources, target] = (equation as string).replaceAll(' ', '').split('->') as [string, string];
    const lengths = new Map<string, number>();
    sources.split(',').forEach((names, i) => [...names].forEach((name, axis) => lengths.set(name, list[i]!.shape[axis]!)));
    return spec(
      [...target].map((name) => lengths.get(name)!),
      list[0]!.dtype,
    );
  },
};

const all: ResultRules = { ...elementwise, ...reductions, ...movement, ...lookups, ...products, ...imageKernels };

/**
 * Shapes and types of what a kernel gives; nothing for a kernel that is not known, or of which the shape depends on numbers
 * (`Where`, `Unique`, `NonMaxSuppressionV3`).
 */
export function kernelResults(kernel: string, inputs: SpecInputs, attributes: KernelAttributes): readonly TensorSpec[] | undefined {
  const made = Object.hasOwn(all, kernel) ? all[kernel]!(inputs, attributes) : undefined;
  return made === undefined || Array.isArray(made) ? (made as readonly TensorSpec[] | undefined) : [made as TensorSpec];
}

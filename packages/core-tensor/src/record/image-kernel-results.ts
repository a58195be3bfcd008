import { backend_util } from '@tensorflow/tfjs';
import type { ResultRule, ResultRules } from './kernel-results.ts';
import type { KernelAttributes, TensorSpec } from './step-graph.ts';

type Four = [number, number, number, number];
type Five = [number, number, number, number, number];
type Pads = 'valid' | 'same' | number;

const float = (shape: readonly number[]): TensorSpec => ({ shape, dtype: 'float32' });

interface Window {
  readonly strides: [number, number];
  readonly dilations: [number, number];
  readonly pad: Pads;
  readonly dimRoundingMode: 'floor';
  readonly filterSize: [number, number];
}

const windowOf = (attributes: KernelAttributes): Window => ({ dilations: 1, ...attributes }) as unknown as Window;

const convolution =
  (depthwise: boolean): ResultRule =>
  ({ x, filter }, attributes) => {
    const { strides, dilations, pad, dimRoundingMode } = windowOf(attributes);
    const layout = attributes.dataFormat === 'NCHW' ? 'channelsFirst' : 'channelsLast';
    const info = backend_util.computeConv2DInfo([...x!.shape] as Four, [...filter!.shape] as Four, strides, dilations, pad, dimRoundingMode, depthwise, layout); // prettier-ignore
    return float(info.outShape);
  };

const pool: ResultRule = ({ x }, attributes) => {
  const { filterSize, strides, pad, dimRoundingMode } = windowOf(attributes);
  return {
    shape: backend_util.computePool2DInfo([...x!.shape] as Four, filterSize, strides, 1, pad, dimRoundingMode).outShape,
    dtype: x!.dtype,
  };
};

const pool3d: ResultRule = ({ x }, attributes) => {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as never;
  return {
    shape: backend_util.computePool3DInfo([...x!.shape] as Five, filterSize, strides, 1, pad, dimRoundingMode).outShape,
    dtype: x!.dtype,
  };
};

const resized: ResultRule = ({ images }, { size }) => {
  const [batch, , , channels] = images!.shape;
  return float([batch!, ...(size as number[]), channels!]);
};

const given =
  (name: string): ResultRule =>
  (_inputs, attributes) =>
    float(attributes[name] as number[]);

/** Shapes of what kernels on images give: convolutions, pooling, resizing, blocks. */
export const imageKernels: ResultRules = {
  Conv2D: convolution(false),
  FusedConv2D: convolution(false),
  DepthwiseConv2dNative: convolution(true),
  FusedDepthwiseConv2D: convolution(true),
  Conv2DBackpropInput: given('inputShape'),
  Conv2DBackpropFilter: given('filterShape'),
  DepthwiseConv2dNativeBackpropInput: given('inputShape'),
  DepthwiseConv2dNativeBackpropFilter: given('filterShape'),
  Conv3D: ({ x, filter }, { strides, pad, dilations }) =>
    float(
      backend_util.computeConv3DInfo(
        [...x!.shape] as Five,
        [...filter!.shape] as Five,
        strides as number,
        dilations as number,
        pad as 'same',
      ).outShape,
    ),
  Conv3DBackpropInputV2: given('inputShape'),
  Conv3DBackpropFilterV2: given('filterShape'),
  MaxPool: pool,
  AvgPool: pool,
  MaxPool3D: pool3d,
  AvgPool3D: pool3d,
  MaxPoolGrad: ({ input }) => input!,
  AvgPoolGrad: ({ input }) => input!,
  MaxPool3DGrad: ({ input }) => input!,
  AvgPool3DGrad: ({ input }) => input!,
  ResizeBilinear: resized,
  ResizeNearestNeighbor: (inputs, attributes) => ({ ...(resized(inputs, attributes) as TensorSpec), dtype: inputs.images!.dtype }),
  ResizeBilinearGrad: ({ images }) => images!,
  ResizeNearestNeighborGrad: ({ images }) => images!,
  CropAndResize: ({ image, boxes }, { cropSize }) => float([boxes!.shape[0]!, ...(cropSize as number[]), image!.shape[3]!]),
  DepthToSpace: ({ x }, { blockSize, dataFormat }) => {
    const size = blockSize as number;
    const [batch, a, b, c] = x!.shape as Four;
    const shape = dataFormat === 'NCHW' ? [batch, a / size ** 2, b * size, c * size] : [batch, a * size, b * size, c / size ** 2];
    return { shape, dtype: x!.dtype };
  },
  SpaceToBatchND: ({ x }, { blockShape, paddings }) => {
    const blocks = blockShape as number[];
    const pads = paddings as [number, number][];
    const inner = blocks.map((block, i) => (x!.shape[i + 1]! + pads[i]![0] + pads[i]![1]) / block);
    const count = blocks.reduce((product, block) => product * block, x!.shape[0]!);
    return { shape: [count, ...inner, ...x!.shape.slice(blocks.length + 1)], dtype: x!.dtype };
  },
  BatchToSpaceND: ({ x }, { blockShape, crops }) => {
    const blocks = blockShape as number[];
    const cuts = crops as [number, number][];
    const inner = blocks.map((block, i) => x!.shape[i + 1]! * block - cuts[i]![0] - cuts[i]![1]);
    const count = blocks.reduce((quotient, block) => quotient / block, x!.shape[0]!);
    return { shape: [count, ...inner, ...x!.shape.slice(blocks.length + 1)], dtype: x!.dtype };
  },
  FusedBatchNorm: ({ x }) => x!,
  FlipLeftRight: ({ image }) => image!,
};

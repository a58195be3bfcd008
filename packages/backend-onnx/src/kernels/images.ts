import type { OnnxGraph, OnnxValue } from '../onnx/graph.ts';
import { arrayOf } from '../onnx/graph.ts';
import type { KernelAttributes, KernelTable } from './kernel-form.ts';

type Pair = readonly [number, number];

interface Geometry {
  readonly strides: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
  readonly groups: number;
}

const geometryOf = (attributes: KernelAttributes): Geometry => attributes as unknown as Geometry;

const convolution = ({ strides, padding, dilation, groups }: Geometry): Record<string, number | readonly number[]> => ({
  strides,
  pads: [...padding, ...padding],
  dilations: dilation,
  group: groups,
});

const outLength = (length: number, size: number, stride: number, pad: number, dilation: number): number =>
  Math.floor((length + 2 * pad - dilation * (size - 1) - 1) / stride) + 1;

const otherAxes = (x: OnnxValue): number[] => x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);

const perChannel = (g: OnnxGraph, value: OnnxValue, rank: number): OnnxValue =>
  g.reshape(value, [1, value.shape[0]!, ...Array<number>(rank - 2).fill(1)]);

/** Channels below which the weights' gradient is a convolution of its own: products over so few columns would be slow. */
const FEW_CHANNELS = 4;

/** Gradient of a convolution's weights as a convolution over the images: channels take the place of images and images that of channels. */
function weightGradientOfFew(g: OnnxGraph, x: OnnxValue, dy: OnnxValue, weightShape: readonly number[], geometry: Geometry): OnnxValue {
  const { strides, padding, dilation } = geometry;
  const [outputs, inputs, high, wide] = weightShape as [number, number, number, number];
  const lengths = [0, 1].map((i) => outLength(x.shape[i + 2]!, dy.shape[i + 2]!, dilation[i]!, padding[i]!, strides[i]!));
  const swapped = { strides: dilation, pads: [...padding, ...padding], dilations: strides, group: 1 };
  const gradient = g.one('Conv', [g.transpose(x, [1, 0, 2, 3]), g.transpose(dy, [1, 0, 2, 3])], [inputs, outputs, ...lengths], swapped);
  return g.transpose(g.slice(gradient, [0, 0, 0, 0], [inputs, outputs, high, wide]), [1, 0, 2, 3]);
}

/** Gradient of a convolution's weights: one product for each place of the kernel, over the pixels that met it. */
function weightGradient(g: OnnxGraph, x: OnnxValue, dy: OnnxValue, weightShape: readonly number[], geometry: Geometry): OnnxValue {
  if (weightShape[1]! <= FEW_CHANNELS) return weightGradientOfFew(g, x, dy, weightShape, geometry);
  const { strides, padding, dilation } = geometry;
  const [outputs, inputs, high, wide] = weightShape as [number, number, number, number];
  const [batch, , height, width] = dy.shape as [number, number, number, number];
  const pixels = height * width;
  const padded =
    padding[0] === 0 && padding[1] === 0
      ? x
      : g.one(
          'Pad',
          [x, g.ints([0, 0, padding[0], padding[1], 0, 0, padding[0], padding[1]]), g.scalar(0)],
          [x.shape[0]!, x.shape[1]!, x.shape[2]! + 2 * padding[0], x.shape[3]! + 2 * padding[1]],
          { mode: 'constant' },
        );
  const gradient = g.reshape(dy, [batch, outputs, pixels]);
  const places = Array.from({ length: high * wide }, (_, place) => {
    const top = Math.floor(place / wide) * dilation[0];
    const left = (place % wide) * dilation[1];
    const end = [batch, x.shape[1]!, top + strides[0] * (height - 1) + 1, left + strides[1] * (width - 1) + 1];
    const met = g.reshape(g.slice(padded, [0, 0, top, left], end, [1, 1, ...strides]), [batch, inputs, pixels]);
    return g.reshape(g.reduce('ReduceSum', g.matmul(gradient, met, { transB: true }), [0]), [outputs, inputs, 1]);
  });
  return g.reshape(g.concat(places, 2), weightShape);
}

/** The fused operations of core-tensor that work on images `[B, C, H, W]`. */
export const fusedImages: KernelTable = {
  ReidConv2d: {
    isHeavy: true,
    emit: (g, { x, weight }, attributes) => {
      const geometry = geometryOf(attributes);
      const [height, width] = [0, 1].map((i) =>
        outLength(x!.shape[i + 2]!, weight!.shape[i + 2]!, geometry.strides[i]!, geometry.padding[i]!, geometry.dilation[i]!),
      ) as [number, number];
      return g.one('Conv', [x!, weight!], [x!.shape[0]!, weight!.shape[0]!, height, width], convolution(geometry));
    },
  },
  ReidConv2dInputGrad: {
    isHeavy: true,
    emit: (g, { weight, dy }, attributes) => {
      const geometry = geometryOf(attributes);
      const inputShape = attributes.inputShape as unknown as number[];
      const rest = [0, 1].map((i) => {
        const reached =
          (dy!.shape[i + 2]! - 1) * geometry.strides[i]! -
          2 * geometry.padding[i]! +
          geometry.dilation[i]! * (weight!.shape[i + 2]! - 1) +
          1;
        return inputShape[i + 2]! - reached;
      });
      return g.one('ConvTranspose', [dy!, weight!], inputShape, { ...convolution(geometry), output_padding: rest });
    },
  },
  ReidConv2dWeightGrad: {
    isHeavy: true,
    emit: (g, { x, dy }, attributes) => {
      const geometry = geometryOf(attributes);
      const [outputs, ...rest] = attributes.weightShape as unknown as number[];
      const { groups } = geometry;
      if (groups === 1) return weightGradient(g, x!, dy!, [outputs!, ...rest], geometry);
      const xs = g.split(x!, Array<number>(groups).fill(x!.shape[1]! / groups), 1);
      const dys = g.split(dy!, Array<number>(groups).fill(outputs! / groups), 1);
      return g.concat(xs.map((part, i) => weightGradient(g, part, dys[i]!, [outputs! / groups, ...rest], geometry)), 0); // prettier-ignore
    },
  },
  ReidBatchNorm: {
    isHeavy: true,
    emit: (g, { x, gamma, beta }, { epsilon }) => {
      const rank = x!.shape.length;
      const axes = otherAxes(x!);
      const mean = g.reduce('ReduceMean', x!, axes);
      const centered = g.sub(x!, perChannel(g, mean, rank));
      const variance = g.reduce('ReduceMean', g.mul(centered, centered), axes);
      const inverse = g.unary('Reciprocal', g.unary('Sqrt', g.add(variance, epsilon as number)));
      const y = g.add(g.mul(centered, perChannel(g, g.mul(inverse, gamma!), rank)), perChannel(g, beta!, rank));
      return [y, mean, variance, inverse];
    },
  },
  ReidBatchNormGrad: {
    isHeavy: true,
    emit: (g, { x, gamma, mean, inverse, dy }) => {
      const rank = x!.shape.length;
      const axes = otherAxes(x!);
      const count = axes.reduce((product, axis) => product * x!.shape[axis]!, 1);
      const normal = g.mul(g.sub(x!, perChannel(g, mean!, rank)), perChannel(g, inverse!, rank));
      const dBeta = g.reduce('ReduceSum', dy!, axes);
      const dGamma = g.reduce('ReduceSum', g.mul(dy!, normal), axes);
      const inner = g.sub(
        g.sub(dy!, perChannel(g, g.mul(dBeta, 1 / count), rank)),
        g.mul(normal, perChannel(g, g.mul(dGamma, 1 / count), rank)),
      );
      return [g.mul(inner, perChannel(g, g.mul(gamma!, inverse!), rank)), dGamma, dBeta];
    },
  },
  ReidMaxPool2d: {
    isHeavy: true,
    emit: (g, { x }, attributes) => {
      const { size, stride, padding } = attributes as Record<string, number>;
      const [batch, channels, height, width] = x!.shape as [number, number, number, number];
      const shape = [batch, channels, outLength(height, size!, stride!, padding!, 1), outLength(width, size!, stride!, padding!, 1)];
      return g.one('MaxPool', [x!], shape, pooling(size!, stride!, padding!));
    },
  },
  ReidMaxPool2dGrad: {
    emit: (g, { x, dy }, attributes) => {
      const { size, stride, padding } = attributes as Record<string, number>;
      // The engine gives the place of each winner in the whole tensor; its gradient is added there.
      const [, places] = g.node('MaxPool', [x!], [[dy!.shape], [dy!.shape, 'int64']], pooling(size!, stride!, padding!));
      const total = x!.shape.reduce((product, length) => product * length, 1);
      const flat = g.expand(g.constant(arrayOf('float32', [0]), [1], 'float32'), [total]);
      const count = dy!.shape.reduce((product, length) => product * length, 1);
      const sums = g.one('ScatterElements', [flat, g.reshape(places!, [count]), g.reshape(dy!, [count])], [total], {
        axis: 0,
        reduction: 'add',
      });
      return g.reshape(sums, x!.shape);
    },
  },
};

const pooling = (size: number, stride: number, padding: number): Record<string, readonly number[]> => ({
  kernel_shape: [size, size],
  strides: [stride, stride],
  pads: [padding, padding, padding, padding],
});

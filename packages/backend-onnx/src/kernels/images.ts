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

/** `x [B, C, H, W]` with zeros around. */
function padded(g: OnnxGraph, x: OnnxValue, [top, left]: Pair): OnnxValue {
  if (top === 0 && left === 0) return x;
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const shape = [batch, channels, height + 2 * top, width + 2 * left];
  return g.one('Pad', [x, g.ints([0, 0, top, left, 0, 0, top, left]), g.scalar(0)], shape, { mode: 'constant' });
}

/** Products of pixels that met, by image, and their sum; or one product over the pixels of all images, with channels first. */
function pixelProducts(g: OnnxGraph, dy: OnnxValue, isJoined: boolean): (met: OnnxValue) => OnnxValue {
  const [a, b, height, width] = dy.shape as [number, number, number, number];
  if (isJoined) {
    const gradient = g.reshape(dy, [a, b * height * width]);
    return (met) => g.matmul(gradient, g.reshape(met, [met.shape[0]!, b * height * width]), { transB: true });
  }
  const gradient = g.reshape(dy, [a, b, height * width]);
  return (met) => g.reduce('ReduceSum', g.matmul(gradient, g.reshape(met, [a, met.shape[1]!, height * width]), { transB: true }), [0]);
}

/** Gradient of a convolution's weights: one product for each place of the kernel, over the pixels that met it. */
function weightGradient(g: OnnxGraph, x: OnnxValue, dy: OnnxValue, weightShape: readonly number[], geometry: Geometry): OnnxValue {
  if (weightShape[1]! <= FEW_CHANNELS) return weightGradientOfFew(g, x, dy, weightShape, geometry);
  const { strides, padding, dilation } = geometry;
  const [outputs, inputs, high, wide] = weightShape as [number, number, number, number];
  const [, , height, width] = dy.shape as [number, number, number, number];
  // Moving channels to the front costs a pass over the pixels; not moving them a sum over the products of all images.
  const isJoined = high * wide * outputs * inputs > height * width * (outputs + inputs);
  const turned = (value: OnnxValue): OnnxValue => (isJoined ? g.transpose(value, [1, 0, 2, 3]) : value);
  const pixels = turned(padded(g, x, padding));
  const multiply = pixelProducts(g, turned(dy), isJoined);
  const places = Array.from({ length: high * wide }, (_, place) => {
    const top = Math.floor(place / wide) * dilation[0];
    const left = (place % wide) * dilation[1];
    const end = [pixels.shape[0]!, pixels.shape[1]!, top + strides[0] * (height - 1) + 1, left + strides[1] * (width - 1) + 1];
    return g.reshape(multiply(g.slice(pixels, [0, 0, top, left], end, [1, 1, ...strides])), [outputs, inputs, 1]);
  });
  return g.reshape(g.concat(places, 2), weightShape);
}

/** Gradient of the weights `[C · M, 1, h, w]` of a convolution of each channel by itself: a sum of products for each place of the kernel. */
function depthwiseGradient(g: OnnxGraph, x: OnnxValue, dy: OnnxValue, weightShape: readonly number[], geometry: Geometry): OnnxValue {
  const { strides, padding, dilation, groups } = geometry;
  const [outputs, , high, wide] = weightShape as [number, number, number, number];
  const [batch, , height, width] = dy.shape as [number, number, number, number];
  const pixels = padded(g, x, padding);
  const gradient = g.reshape(dy, [batch, groups, outputs / groups, height, width]);
  const places = Array.from({ length: high * wide }, (_, place) => {
    const top = Math.floor(place / wide) * dilation[0];
    const left = (place % wide) * dilation[1];
    const end = [batch, groups, top + strides[0] * (height - 1) + 1, left + strides[1] * (width - 1) + 1];
    const met = g.reshape(g.slice(pixels, [0, 0, top, left], end, [1, 1, ...strides]), [batch, groups, 1, height, width]);
    return g.reshape(g.reduce('ReduceSum', g.mul(gradient, met), [0, 3, 4]), [outputs, 1, 1]);
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
      if (groups === x!.shape[1]) return depthwiseGradient(g, x!, dy!, [outputs!, ...rest], geometry);
      const xs = g.split(x!, Array<number>(groups).fill(x!.shape[1]! / groups), 1);
      const dys = g.split(dy!, Array<number>(groups).fill(outputs! / groups), 1);
      return g.concat(xs.map((part, i) => weightGradient(g, part, dys[i]!, [outputs! / groups, ...rest], geometry)), 0); // prettier-ignore
    },
  },
  ReidBatchNorm: {
    isHeavy: true,
    emit: (g, { x, gamma, beta }, { epsilon }) => {
      const [channels] = gamma!.shape as [number];
      // With momentum 0 the running statistics that the operation gives are those of the batch. It writes them over those that it gets, so
      // every call has its own, made from all its inputs: equal ones would be one array, which the next batch norm writes over.
      const corner = x!.shape.map((length, axis) => (axis === 1 ? length : 1));
      const first = g.reshape(g.slice(x!, Array<number>(corner.length).fill(0), corner), [channels]);
      const nothing = g.mul(g.add(g.add(first, gamma!), beta!), 0);
      const [y, mean, variance] = g.node(
        'BatchNormalization',
        [x!, gamma!, beta!, nothing, g.add(nothing, 1)],
        [[x!.shape], [[channels]], [[channels]]],
        {
          epsilon: { float: epsilon as number },
          momentum: { float: 0 },
          training_mode: 1,
        },
      );
      const inverse = g.unary('Reciprocal', g.unary('Sqrt', g.add(variance!, epsilon as number)));
      return [y!, mean!, variance!, inverse];
    },
  },
  ReidBatchNormGrad: {
    isHeavy: true,
    emit: (g, { x, gamma, mean, inverse, dy }) => {
      const rank = x!.shape.length;
      const axes = otherAxes(x!);
      const count = axes.reduce((product, axis) => product * x!.shape[axis]!, 1);
      const centered = g.sub(x!, perChannel(g, mean!, rank));
      const dBeta = g.reduce('ReduceSum', dy!, axes);
      const dGamma = g.mul(g.reduce('ReduceSum', g.mul(dy!, centered), axes), inverse!);
      // dx = γ/σ (dy − x̂ · mean(dy x̂) − mean(dy)), with whatever is the same for a channel put together first.
      const scale = g.mul(gamma!, inverse!);
      const slope = g.mul(g.mul(dGamma, inverse!), -1 / count);
      const shift = g.mul(g.mul(dBeta, scale), -1 / count);
      const inner = g.add(dy!, g.mul(centered, perChannel(g, slope, rank)));
      return [g.add(g.mul(inner, perChannel(g, scale, rank)), perChannel(g, shift, rank)), dGamma, dBeta];
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

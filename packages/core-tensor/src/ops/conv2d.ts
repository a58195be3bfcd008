import { engine } from '@tensorflow/tfjs';
import { ReidError } from '../errors.ts';
import { formatShape } from '../host-tensor.ts';
import { concat, pad, reshape, slice, split, transpose, type Tensor } from '../tensor.ts';
import { fused, type FusedAttributes } from './fused.ts';

type Pair = readonly [number, number];

/** Stride, padding (both sides), dilation in pixels, and the number of channel groups. */
export interface Conv2dOptions {
  readonly stride?: number | Pair;
  readonly padding?: number | Pair;
  readonly dilation?: number | Pair;
  readonly groups?: number;
}

const pair = (value: number | Pair): Pair => (typeof value === 'number' ? [value, value] : value);

interface Geometry {
  readonly strides: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
  readonly groups: number;
}

const geometryOf = (attributes: FusedAttributes): Geometry => ({
  strides: attributes.strides as unknown as Pair,
  padding: attributes.padding as unknown as Pair,
  dilation: attributes.dilation as unknown as Pair,
  groups: attributes.groups as number,
});

// tfjs convolves NHWC pixels with HWIO weights and has no gradient for dilation. The composites move axes around its kernels and spread
// dilated weights out with zeros; engines with a convolution of their own register the three kernels and skip all this.
const toPixels = (x: Tensor): Tensor => transpose(x, [0, 2, 3, 1]);
const fromPixels = (x: Tensor): Tensor => transpose(x, [0, 3, 1, 2]);
const toWeights = (w: Tensor): Tensor => transpose(w, [2, 3, 1, 0]);
const fromWeights = (w: Tensor): Tensor => transpose(w, [3, 2, 0, 1]);
const padsOf = ([top, left]: Pair): [number, number][] => [
  [0, 0],
  [top, top],
  [left, left],
  [0, 0],
];

function spread(weight: Tensor, [down, across]: Pair): Tensor {
  if (down === 1 && across === 1) return weight;
  const [o, i, h, w] = weight.shape as [number, number, number, number];
  const holes = pad(reshape(weight, [o, i, h, 1, w, 1]), [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, down - 1],
    [0, 0],
    [0, across - 1],
  ]);
  return slice(reshape(holes, [o, i, h * down, w * across]), [0, 0, 0, 0], [o, i, (h - 1) * down + 1, (w - 1) * across + 1]);
}

function gatherBack(weight: Tensor, [down, across]: Pair): Tensor {
  if (down === 1 && across === 1) return weight;
  const [o, i, h, w] = weight.shape as [number, number, number, number];
  const high = (h - 1) / down + 1;
  const wide = (w - 1) / across + 1;
  const whole = pad(weight, [
    [0, 0],
    [0, 0],
    [0, high * down - h],
    [0, wide * across - w],
  ]);
  return reshape(slice(reshape(whole, [o, i, high, down, wide, across]), [0, 0, 0, 0, 0, 0], [o, i, high, 1, wide, 1]), [o, i, high, wide]);
}

const kernel = (name: string, inputs: Record<string, Tensor>, attributes: object): Tensor =>
  engine().runKernel(name, inputs as never, { dataFormat: 'NHWC', dimRoundingMode: 'floor', ...attributes } as never) as Tensor;

const eachGroup = (
  groups: number,
  parts: readonly (readonly [Tensor, number])[],
  run: (...parts: Tensor[]) => Tensor,
  axis: number,
): Tensor => {
  if (groups === 1) return run(...parts.map(([value]) => value));
  const pieces = parts.map(([value, at]) => split(value, groups, at));
  return concat(
    Array.from({ length: groups }, (_, group) => run(...pieces.map((list) => list[group]!))),
    axis,
  );
};

/** Whether every channel is a group of its own: tfjs has kernels for that, where one group after another would be a call for each channel. */
const isDepthwise = (channels: number, { groups }: Geometry): boolean => groups > 1 && groups === channels;

/** Weights `[C · M, 1, h, w]` as those kernels take them, `[h, w, C, M]`. */
function toDepthwise(weight: Tensor, groups: number, dilation: Pair): Tensor {
  const whole = spread(weight, dilation);
  const [outputs, , height, width] = whole.shape as [number, number, number, number];
  return transpose(reshape(whole, [groups, outputs / groups, height, width]), [2, 3, 0, 1]);
}

const withBorder = (pixels: Tensor, padding: Pair): Tensor => (padding[0] + padding[1] > 0 ? pad(pixels, padsOf(padding)) : pixels);
const VALID = { pad: 'valid', dilations: [1, 1] } as const;

function depthwise(x: Tensor, weight: Tensor, { strides, padding, dilation, groups }: Geometry): Tensor {
  const inputs = { x: withBorder(toPixels(x), padding), filter: toDepthwise(weight, groups, dilation) };
  return fromPixels(kernel('DepthwiseConv2dNative', inputs, { ...VALID, strides }));
}

function depthwiseInputGrad(weight: Tensor, dy: Tensor, inputShape: readonly number[], geometry: Geometry): Tensor {
  const { strides, padding, dilation, groups } = geometry;
  const [batch, channels, height, width] = inputShape as readonly [number, number, number, number];
  const inputs = { dy: toPixels(dy), filter: toDepthwise(weight, groups, dilation) };
  const padded = [batch, height + 2 * padding[0], width + 2 * padding[1], channels];
  const whole = kernel('DepthwiseConv2dNativeBackpropInput', inputs, { ...VALID, strides, inputShape: padded });
  return fromPixels(slice(whole, [0, padding[0], padding[1], 0], [batch, height, width, channels]));
}

function depthwiseWeightGrad(x: Tensor, dy: Tensor, weightShape: readonly number[], geometry: Geometry): Tensor {
  const { strides, padding, dilation, groups } = geometry;
  const [outputs, , height, width] = weightShape as readonly [number, number, number, number];
  const [high, wide] = [(height - 1) * dilation[0] + 1, (width - 1) * dilation[1] + 1];
  const inputs = { x: withBorder(toPixels(x), padding), dy: toPixels(dy) };
  const filterShape = [high, wide, groups, outputs / groups];
  const gradient = kernel('DepthwiseConv2dNativeBackpropFilter', inputs, { ...VALID, strides, filterShape });
  return gatherBack(reshape(transpose(gradient, [2, 3, 0, 1]), [outputs, 1, high, wide]), dilation);
}

const inputGrad = fused({
  name: 'ReidConv2dInputGrad',
  composite: ({ weight, dy }, attributes) => {
    const { strides, padding, dilation, groups } = geometryOf(attributes);
    const [batch, channels, height, width] = attributes.inputShape as readonly number[];
    if (isDepthwise(channels!, geometryOf(attributes))) {
      return [depthwiseInputGrad(weight!, dy!, attributes.inputShape as readonly number[], geometryOf(attributes))];
    }
    const inputShape = [batch, height, width, channels! / groups];
    const one = (d: Tensor, w: Tensor): Tensor =>
      fromPixels(
        kernel(
          'Conv2DBackpropInput',
          { dy: toPixels(d), filter: toWeights(spread(w, dilation)) },
          { strides, pad: padsOf(padding), inputShape },
        ),
      );
    return [eachGroup(groups, [[dy!, 1], [weight!, 0]], one, 1)]; // prettier-ignore
  },
});

const weightGrad = fused({
  name: 'ReidConv2dWeightGrad',
  composite: ({ x, dy }, attributes) => {
    const { strides, padding, dilation, groups } = geometryOf(attributes);
    const [outputs, inputs, height, width] = attributes.weightShape as readonly [number, number, number, number];
    if (isDepthwise(x!.shape[1]!, geometryOf(attributes))) {
      return [depthwiseWeightGrad(x!, dy!, attributes.weightShape as readonly number[], geometryOf(attributes))];
    }
    const filterShape = [(height - 1) * dilation[0] + 1, (width - 1) * dilation[1] + 1, inputs, outputs / groups];
    const one = (pixels: Tensor, d: Tensor): Tensor =>
      gatherBack(
        fromWeights(
          kernel('Conv2DBackpropFilter', { x: toPixels(pixels), dy: toPixels(d) }, { strides, pad: padsOf(padding), filterShape }),
        ),
        dilation,
      );
    return [eachGroup(groups, [[x!, 1], [dy!, 1]], one, 0)]; // prettier-ignore
  },
});

const run = fused({
  name: 'ReidConv2d',
  composite: ({ x, weight }, attributes) => {
    const { strides, padding, dilation, groups } = geometryOf(attributes);
    if (isDepthwise(x!.shape[1]!, geometryOf(attributes))) return [depthwise(x!, weight!, geometryOf(attributes))];
    const one = (pixels: Tensor, w: Tensor): Tensor =>
      fromPixels(
        kernel(
          'Conv2D',
          { x: toPixels(pixels), filter: toWeights(spread(w, dilation)) },
          { strides, pad: padsOf(padding), dilations: [1, 1] },
        ),
      );
    return [eachGroup(groups, [[x!, 1], [weight!, 0]], one, 1)]; // prettier-ignore
  },
  saves: { inputs: ['x', 'weight'] },
  gradient: ({ gradients, inputs, attributes }) => ({
    x: () => inputGrad({ weight: inputs.weight!, dy: gradients[0]! }, { ...attributes, inputShape: inputs.x!.shape })[0]!,
    weight: () => weightGrad({ x: inputs.x!, dy: gradients[0]! }, { ...attributes, weightShape: inputs.weight!.shape })[0]!,
  }),
});

/**
 * Convolution as PyTorch lays it out: `x [B, C, H, W]`, `weight [O, C / groups, h, w]` → `[B, O, H', W']`; no bias.
 * Throws SHAPE_MISMATCH when channels and groups do not fit.
 */
export function conv2d(x: Tensor, weight: Tensor, { stride = 1, padding = 0, dilation = 1, groups = 1 }: Conv2dOptions = {}): Tensor {
  if (x.rank !== 4 || weight.rank !== 4 || x.shape[1] !== weight.shape[1]! * groups || weight.shape[0]! % groups !== 0) {
    throw new ReidError(
      'SHAPE_MISMATCH',
      `conv2d expected x [B, C, H, W] and weight [O, C / ${groups}, h, w], got ${formatShape(x.shape)} and ${formatShape(weight.shape)}.`,
    );
  }
  return run({ x, weight }, { strides: pair(stride), padding: pair(padding), dilation: pair(dilation), groups })[0]!;
}

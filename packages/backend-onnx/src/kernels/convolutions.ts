import { sameShape } from '@reidkit/core-tensor';
import type { OnnxGraph, OnnxValue } from '../onnx/graph.ts';
import { finish, knowsActivation } from './activation.ts';
import { type KernelAttributes, type KernelForm, type KernelInputs, type KernelTable, sizeOf } from './kernel-form.ts';
import { channelsFirst, channelsLast, convolutionWindows, isChannelsFirst, reachOf, type Windows } from './windows.ts';

/** `[…, I, O] → [O, I, …]`; of a depthwise filter `[…, I, M] → [I · M, 1, …]`. */
function filterFirst(g: OnnxGraph, filter: OnnxValue, isDepthwise: boolean): OnnxValue {
  const rank = filter.shape.length;
  const axes = filter.shape.slice(2).map((_, i) => i);
  if (!isDepthwise) return g.transpose(filter, [rank - 1, rank - 2, ...axes]);
  const turned = g.transpose(filter, [rank - 2, rank - 1, ...axes]);
  const [inputs, each, ...sizes] = turned.shape;
  return g.reshape(turned, [inputs! * each!, 1, ...sizes]);
}

const isPointwise = ({ sizes, strides, before, after }: Windows): boolean =>
  [...sizes, ...strides].every((length) => length === 1) && [...before, ...after].every((width) => width === 0);

function convolution(g: OnnxGraph, x: OnnxValue, filter: OnnxValue, attributes: KernelAttributes, isDepthwise: boolean): OnnxValue {
  const windows = convolutionWindows(x.shape, filter.shape, attributes, isDepthwise);
  const isFirst = isChannelsFirst(attributes);
  if (isPointwise(windows) && !isFirst && !isDepthwise) {
    const [inputs, outputs] = filter.shape.slice(-2) as [number, number];
    const rows = g.reshape(x, [sizeOf(x.shape) / inputs, inputs]);
    return g.reshape(g.matmul(rows, g.reshape(filter, [inputs, outputs])), [...x.shape.slice(0, -1), outputs]);
  }
  const image = isFirst ? x : channelsFirst(g, x);
  const weight = filterFirst(g, filter, isDepthwise);
  const { strides, dilations, before, after, outputs } = windows;
  const y = g.one('Conv', [image, weight], [x.shape[0]!, weight.shape[0]!, ...outputs], {
    strides,
    dilations,
    pads: [...before, ...after],
    group: isDepthwise ? image.shape[1]! : 1,
  });
  return isFirst ? y : channelsLast(g, y);
}

/** Spreads the gradient of windows over the elements that they lie on: `dy` `[B, O, …]`, weight `[O, I / groups, …]` → `[B, I, …]`. */
export function spread(g: OnnxGraph, dy: OnnxValue, weight: OnnxValue, windows: Windows, groups: number): OnnxValue {
  const { inputs, before, strides, dilations } = windows;
  const over = inputs.map((length, i) => reachOf(windows, i) - before[i]! - length); // what lies behind the last element
  const cut = over.map((width) => Math.max(0, width));
  const missing = over.map((width) => Math.max(0, -width)); // elements that no window meets
  const shape = [dy.shape[0]!, weight.shape[1]! * groups, ...inputs.map((length, i) => length - missing[i]!)];
  const met = g.one('ConvTranspose', [dy, weight], shape, { strides, dilations, pads: [...before, ...cut], group: groups });
  return g.pad(met, shape.map(() => 0), [0, 0, ...missing]); // prettier-ignore
}

/** Gradient of the filter `[…, I, O]`, of a depthwise one `[…, I, M]`: one product for each of its places, over the elements that it met. */
function filterGradient(g: OnnxGraph, x: OnnxValue, dy: OnnxValue, windows: Windows, isDepthwise: boolean): OnnxValue {
  const { sizes, strides, dilations, outputs, before, after } = windows;
  const padded = g.pad(x, [0, ...before, 0], [0, ...after, 0]);
  const [batch, channels] = [x.shape[0]!, x.shape.at(-1)!];
  const met = batch * sizeOf(outputs);
  const filters = dy.shape.at(-1)! / (isDepthwise ? channels : 1);
  const gradient = g.reshape(dy, isDepthwise ? [met, channels, filters] : [met, filters]);
  const places = Array.from({ length: sizeOf(sizes) }, (_, place) => {
    const from = placeOf(place, sizes).map((index, i) => index * dilations[i]!);
    const to = from.map((first, i) => first + (outputs[i]! - 1) * strides[i]! + 1);
    const part = g.slice(padded, [0, ...from, 0], [batch, ...to, channels], [1, ...strides, 1]);
    const product = isDepthwise
      ? g.reduce('ReduceSum', g.mul(g.reshape(part, [met, channels, 1]), gradient), [0])
      : g.matmul(g.reshape(part, [met, channels]), gradient, { transA: true });
    return g.reshape(product, [1, channels, filters]);
  });
  return g.reshape(g.concat(places, 0), [...sizes, channels, filters]);
}

/** Indices of a place in a filter of these sizes, from its number in row-major order. */
function placeOf(place: number, sizes: readonly number[]): number[] {
  const indices: number[] = [];
  for (let rest = place, axis = sizes.length - 1; axis >= 0; axis--) {
    indices.unshift(rest % sizes[axis]!);
    rest = Math.floor(rest / sizes[axis]!);
  }
  return indices;
}

/** Whether windows give what a gradient has the shape of; tfjs's own kernels make something of others as well. */
const agrees = ({ outputs }: Windows, dy: OnnxValue, attributes: KernelAttributes): boolean =>
  sameShape(outputs, isChannelsFirst(attributes) ? dy.shape.slice(2) : dy.shape.slice(1, -1));

const forward = (isDepthwise: boolean): KernelForm => ({
  isHeavy: true,
  takes: ({ x, filter }, attributes) => hasOutputs(convolutionWindows(x!.shape, filter!.shape, attributes, isDepthwise)),
  emit: (g, { x, filter }, attributes) => convolution(g, x!, filter!, attributes, isDepthwise),
});

const hasOutputs = ({ outputs, before }: Windows): boolean => outputs.every((length) => length > 0) && before.every((width) => width >= 0);

/** A bias or slope of each channel, where channels come first. */
const byChannel = (g: OnnxGraph, value: OnnxValue): OnnxValue =>
  value.shape.length === 1 && value.shape[0] !== 1 ? g.reshape(value, [value.shape[0]!, 1, 1]) : value;

const fused = (isDepthwise: boolean): KernelForm => ({
  isHeavy: true,
  takes: (inputs, attributes) => knowsActivation(attributes) && forward(isDepthwise).takes!(inputs, attributes),
  emit: (g, inputs, attributes) => {
    const { x, filter, ...rest } = inputs;
    const extras: KernelInputs = isChannelsFirst(attributes)
      ? Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, byChannel(g, value)]))
      : rest;
    return finish(g, convolution(g, x!, filter!, attributes, isDepthwise), extras, attributes);
  },
});

const inputGradient = (isDepthwise: boolean): KernelForm => {
  const windowsFor = (filter: OnnxValue, attributes: KernelAttributes): Windows =>
    convolutionWindows(attributes.inputShape as number[], filter.shape, attributes, isDepthwise);
  return {
    isHeavy: true,
    takes: ({ dy, filter }, attributes) => agrees(windowsFor(filter!, attributes), dy!, attributes),
    emit: (g, { dy, filter }, attributes) => {
      const isFirst = isChannelsFirst(attributes);
      const groups = isDepthwise ? filter!.shape.at(-2)! : 1;
      const weight = filterFirst(g, filter!, isDepthwise);
      const dx = spread(g, isFirst ? dy! : channelsFirst(g, dy!), weight, windowsFor(filter!, attributes), groups);
      return isFirst ? dx : channelsLast(g, dx);
    },
  };
};

const filterGradientForm = (isDepthwise: boolean): KernelForm => {
  const windowsFor = (x: OnnxValue, attributes: KernelAttributes): Windows =>
    convolutionWindows(x.shape, attributes.filterShape as number[], attributes, isDepthwise);
  return {
    isHeavy: true,
    takes: ({ x, dy }, attributes) => agrees(windowsFor(x!, attributes), dy!, attributes),
    emit: (g, { x, dy }, attributes) => {
      const last = (value: OnnxValue): OnnxValue => (isChannelsFirst(attributes) ? channelsLast(g, value) : value);
      return filterGradient(g, last(x!), last(dy!), windowsFor(x!, attributes), isDepthwise);
    },
  };
};

/** Convolutions of tfjs, with channels last unless told otherwise, in two and three dimensions. */
export const convolutions: KernelTable = {
  Conv2D: forward(false),
  Conv3D: forward(false),
  DepthwiseConv2dNative: forward(true),
  FusedConv2D: fused(false),
  FusedDepthwiseConv2D: fused(true),
  Conv2DBackpropInput: inputGradient(false),
  Conv3DBackpropInputV2: inputGradient(false),
  DepthwiseConv2dNativeBackpropInput: inputGradient(true),
  Conv2DBackpropFilter: filterGradientForm(false),
  Conv3DBackpropFilterV2: filterGradientForm(false),
  DepthwiseConv2dNativeBackpropFilter: filterGradientForm(true),
};

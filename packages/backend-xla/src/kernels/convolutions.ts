import { type KernelAttributes, sameShape } from '@reidkit/core-tensor';
import type { HloProgram } from '../stablehlo/program.ts';
import { range } from '../stablehlo/shapes.ts';
import type { HloValue } from '../stablehlo/values.ts';
import { finish, knowsActivation } from './activation.ts';
import { convolutionFilterGradient, type ConvolutionGeometry, convolutionInputGradient, convolve } from './convolve.ts';
import type { KernelForm, KernelInputs, KernelTable } from './kernel-form.ts';
import { channelsFirst, channelsLast, convolutionWindows, isChannelsFirst, type Windows } from './windows.ts';

/** `[…, I, O] → [O, I, …]`; of a depthwise filter `[…, I, M] → [I · M, 1, …]`. */
function filterFirst(p: HloProgram, filter: HloValue, isDepthwise: boolean): HloValue {
  const rank = filter.shape.length;
  const axes = range(rank - 2);
  if (!isDepthwise) return p.transpose(filter, [rank - 1, rank - 2, ...axes]);
  const turned = p.transpose(filter, [rank - 2, rank - 1, ...axes]);
  const [inputs, each, ...sizes] = turned.shape;
  return p.reshape(turned, [inputs! * each!, 1, ...sizes]);
}

/** Back: `[O, I, …] → […, I, O]`, `[I · M, 1, …] → […, I, M]`. */
function filterLast(p: HloProgram, filter: HloValue, shape: readonly number[], isDepthwise: boolean): HloValue {
  const axes = range(filter.shape.length - 2).map((i) => i + 2);
  if (!isDepthwise) return p.transpose(filter, [...axes, 1, 0]);
  return p.transpose(p.reshape(filter, [...shape.slice(-2), ...filter.shape.slice(2)]), [...axes, 0, 1]);
}

const geometryOf = ({ strides, dilations, before, after }: Windows, groups: number): ConvolutionGeometry => ({ strides, dilations, before, after, groups }); // prettier-ignore

const first = (p: HloProgram, x: HloValue, attributes: KernelAttributes): HloValue =>
  isChannelsFirst(attributes) ? x : channelsFirst(p, x);
const likeInput = (p: HloProgram, y: HloValue, attributes: KernelAttributes): HloValue =>
  isChannelsFirst(attributes) ? y : channelsLast(p, y);

function convolution(p: HloProgram, x: HloValue, filter: HloValue, attributes: KernelAttributes, isDepthwise: boolean): HloValue {
  const windows = convolutionWindows(x.shape, filter.shape, attributes, isDepthwise);
  const image = first(p, x, attributes);
  const geometry = geometryOf(windows, isDepthwise ? image.shape[1]! : 1);
  return likeInput(p, convolve(p, image, filterFirst(p, filter, isDepthwise), geometry), attributes);
}

/** Whether windows give what a gradient has the shape of; tfjs's own kernels make something of others as well. */
const agrees = ({ outputs }: Windows, dy: HloValue, attributes: KernelAttributes): boolean =>
  sameShape(outputs, isChannelsFirst(attributes) ? dy.shape.slice(2) : dy.shape.slice(1, -1));

const hasOutputs = ({ outputs, before }: Windows): boolean => outputs.every((length) => length > 0) && before.every((width) => width >= 0);

const forward = (isDepthwise: boolean): KernelForm => ({
  takes: ({ x, filter }, attributes) => hasOutputs(convolutionWindows(x!.shape, filter!.shape, attributes, isDepthwise)),
  emit: (p, { x, filter }, attributes) => convolution(p, x!, filter!, attributes, isDepthwise),
});

/** A bias or slope of each channel, where channels come first. */
const byChannel = (p: HloProgram, value: HloValue): HloValue =>
  value.shape.length === 1 && value.shape[0] !== 1 ? p.reshape(value, [value.shape[0]!, 1, 1]) : value;

const fused = (isDepthwise: boolean): KernelForm => ({
  takes: (inputs, attributes) => knowsActivation(attributes) && forward(isDepthwise).takes!(inputs, attributes),
  emit: (p, inputs, attributes) => {
    const { x, filter, ...rest } = inputs;
    const extras: KernelInputs = isChannelsFirst(attributes)
      ? Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, byChannel(p, value)]))
      : rest;
    return finish(p, convolution(p, x!, filter!, attributes, isDepthwise), extras, attributes);
  },
});

const inputGradient = (isDepthwise: boolean): KernelForm => {
  const windowsFor = (filter: HloValue, attributes: KernelAttributes): Windows =>
    convolutionWindows(attributes.inputShape as number[], filter.shape, attributes, isDepthwise);
  return {
    takes: ({ dy, filter }, attributes) => agrees(windowsFor(filter!, attributes), dy!, attributes),
    emit: (p, { dy, filter }, attributes) => {
      const windows = windowsFor(filter!, attributes);
      const geometry = geometryOf(windows, isDepthwise ? filter!.shape.at(-2)! : 1);
      const weight = filterFirst(p, filter!, isDepthwise);
      return likeInput(p, convolutionInputGradient(p, first(p, dy!, attributes), weight, windows.inputs, geometry), attributes);
    },
  };
};

const filterGradient = (isDepthwise: boolean): KernelForm => {
  const windowsFor = (x: HloValue, attributes: KernelAttributes): Windows =>
    convolutionWindows(x.shape, attributes.filterShape as number[], attributes, isDepthwise);
  return {
    takes: ({ x, dy }, attributes) => agrees(windowsFor(x!, attributes), dy!, attributes),
    emit: (p, { x, dy }, attributes) => {
      const windows = windowsFor(x!, attributes);
      const shape = attributes.filterShape as number[];
      const geometry = geometryOf(windows, isDepthwise ? shape.at(-2)! : 1);
      const gradient = convolutionFilterGradient(p, first(p, x!, attributes), first(p, dy!, attributes), windows.sizes, geometry);
      return filterLast(p, gradient, shape, isDepthwise);
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
  Conv2DBackpropFilter: filterGradient(false),
  Conv3DBackpropFilterV2: filterGradient(false),
  DepthwiseConv2dNativeBackpropFilter: filterGradient(true),
};

import { backend_util } from '@tensorflow/tfjs';
import type { OnnxGraph, OnnxValue } from '../onnx/graph.ts';
import type { KernelAttributes } from './kernel-form.ts';

/** How the windows of a convolution or pooling lie on its input; one number for each axis of the image. */
export interface Windows {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before the first element, and as much behind the last as the outputs need. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

type Info = ReturnType<typeof backend_util.computeConv2DInfo> | ReturnType<typeof backend_util.computeConv3DInfo>;

/** Names of an axis in tfjs's description, and of the padding before it. */
const AXES = [['Depth', 'front'], ['Height', 'top'], ['Width', 'left']] as const; // prettier-ignore

/** From tfjs's description of a convolution or pooling. */
function windowsOf(info: Info): Windows {
  const axes = 'inDepth' in info ? AXES : AXES.slice(1);
  const numbers = info as unknown as Record<string, number>;
  const padding = info.padInfo as unknown as Record<string, number>;
  const of = (prefix: string): number[] => axes.map(([axis]) => numbers[prefix + axis]!);
  const windows = { inputs: of('in'), outputs: of('out'), sizes: of('filter'), strides: of('stride'), dilations: of('dilation') };
  const before = axes.map(([, side]) => padding[side]!);
  const after = windows.inputs.map((length, i) => Math.max(0, reachOf(windows, i) - before[i]! - length));
  return { ...windows, before, after };
}

/** How far the windows of an axis reach, from the first padded element. */
export const reachOf = (
  { outputs, sizes, strides, dilations }: Pick<Windows, 'outputs' | 'sizes' | 'strides' | 'dilations'>,
  axis: number,
): number => (outputs[axis]! - 1) * strides[axis]! + (sizes[axis]! - 1) * dilations[axis]! + 1;

type Shape = readonly number[];

/** Whether channels come before the axes of the image. */
export const isChannelsFirst = ({ dataFormat }: KernelAttributes): boolean => dataFormat === 'NCHW' || dataFormat === 'NCDHW';

/** Windows of a convolution of an image `[B, …, C]` or `[B, C, …]` by a filter `[…, I, O]`. */
export function convolutionWindows(image: Shape, filter: Shape, attributes: KernelAttributes, isDepthwise = false): Windows {
  const { strides, pad, dilations, dimRoundingMode } = attributes as Record<string, never>;
  const format = isChannelsFirst(attributes) ? 'channelsFirst' : 'channelsLast';
  const [x, w, apart] = [[...image] as never, [...filter] as never, dilations ?? 1];
  return windowsOf(
    image.length === 5
      ? backend_util.computeConv3DInfo(x, w, strides!, apart, pad!, isDepthwise, format, dimRoundingMode)
      : backend_util.computeConv2DInfo(x, w, strides!, apart, pad!, dimRoundingMode, isDepthwise, format),
  );
}

/** Windows of a pooling of an image `[B, …, C]`. */
export function poolingWindows(image: Shape, attributes: KernelAttributes): Windows {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as Record<string, never>;
  const x = [...image] as never;
  return windowsOf(
    image.length === 5
      ? backend_util.computePool3DInfo(x, filterSize!, strides!, 1, pad!, dimRoundingMode)
      : backend_util.computePool2DInfo(x, filterSize!, strides!, 1, pad!, dimRoundingMode),
  );
}

/** `[B, …, C] → [B, C, …]` */
export const channelsFirst = (g: OnnxGraph, x: OnnxValue): OnnxValue =>
  g.transpose(x, [0, x.shape.length - 1, ...x.shape.slice(2).map((_, i) => i + 1)]);

/** `[B, C, …] → [B, …, C]` */
export const channelsLast = (g: OnnxGraph, x: OnnxValue): OnnxValue => g.transpose(x, [0, ...x.shape.slice(2).map((_, i) => i + 2), 1]);

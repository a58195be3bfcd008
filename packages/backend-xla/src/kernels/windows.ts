import { backend_util } from '@tensorflow/tfjs';
import type { KernelAttributes } from '@reidkit/core-tensor';
import type { HloProgram } from '../stablehlo/program.ts';
import type { HloValue } from '../stablehlo/values.ts';

/** How the windows of a convolution or pooling lie on its input; one number for each axis of the image. */
export interface Windows {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before the first element, and what the outputs need behind the last; negative where they leave some out. */
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
  const after = windows.inputs.map((length, i) => {
    const reached = (windows.outputs[i]! - 1) * windows.strides[i]! + (windows.sizes[i]! - 1) * windows.dilations[i]! + 1;
    return reached - before[i]! - length;
  });
  return { ...windows, before, after };
}

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
export const channelsFirst = (p: HloProgram, x: HloValue): HloValue =>
  p.transpose(x, [0, x.shape.length - 1, ...x.shape.slice(2).map((_, i) => i + 1)]);

/** `[B, C, …] → [B, …, C]` */
export const channelsLast = (p: HloProgram, x: HloValue): HloValue => p.transpose(x, [0, ...x.shape.slice(2).map((_, i) => i + 2), 1]);

import { sameShape } from '@reidkit/core-tensor';
import type { Attribute, OnnxGraph, OnnxValue } from '../onnx/graph.ts';
import { spread } from './convolutions.ts';
import { type KernelForm, type KernelTable, sizeOf } from './kernel-form.ts';
import { channelsFirst, channelsLast, isChannelsFirst, poolingWindows, type Windows } from './windows.ts';

const attributesOf = ({ sizes, strides, before, after }: Windows): Record<string, Attribute> => ({
  kernel_shape: sizes,
  strides,
  pads: [...before, ...after],
});

const outputShape = ({ outputs }: Windows, x: OnnxValue): number[] => [x.shape[0]!, x.shape.at(-1)!, ...outputs];

/** The library wants every window to meet an element. */
const isUsual = ({ sizes, before, after, outputs }: Windows): boolean =>
  sizes.every((size, i) => before[i]! < size && after[i]! < size && before[i]! >= 0 && outputs[i]! > 0);

const pooling = (op: 'MaxPool' | 'AveragePool'): KernelForm => ({
  isHeavy: true,
  takes: ({ x }, attributes) => !isChannelsFirst(attributes) && isUsual(poolingWindows(x!.shape, attributes)),
  emit: (g, { x }, attributes) => {
    const windows = poolingWindows(x!.shape, attributes);
    return channelsLast(g, g.one(op, [channelsFirst(g, x!)], outputShape(windows, x!), attributesOf(windows)));
  },
});

/** Whether a gradient is of the shape that its pooling gives. */
const agrees = ({ outputs }: Windows, dy: OnnxValue): boolean => sameShape(outputs, dy.shape.slice(1, -1));

const gradientForm = (gradient: (g: OnnxGraph, x: OnnxValue, dy: OnnxValue, windows: Windows) => OnnxValue): KernelForm => ({
  isHeavy: true,
  takes: ({ dy, input }, attributes) => {
    const windows = poolingWindows(input!.shape, attributes);
    return !isChannelsFirst(attributes) && isUsual(windows) && agrees(windows, dy!);
  },
  emit: (g, { dy, input }, attributes) =>
    channelsLast(g, gradient(g, channelsFirst(g, input!), channelsFirst(g, dy!), poolingWindows(input!.shape, attributes))),
});

/** The library gives the place of each window's largest in the whole tensor; its gradient is added there. */
function ofLargest(g: OnnxGraph, x: OnnxValue, dy: OnnxValue, windows: Windows): OnnxValue {
  const [, places] = g.node('MaxPool', [x], [[dy.shape], [dy.shape, 'int64']], attributesOf(windows));
  const [total, count] = [sizeOf(x.shape), sizeOf(dy.shape)];
  const table = g.expand(g.scalar(0), [total]);
  const sums = g.one('ScatterElements', [table, g.reshape(places!, [count]), g.reshape(dy, [count])], [total], {
    axis: 0,
    reduction: 'add',
  });
  return g.reshape(sums, x.shape);
}

/** tfjs divides by the whole window also where it lies on padding, which its pooling does not count. */
function ofAverage(g: OnnxGraph, x: OnnxValue, dy: OnnxValue, windows: Windows): OnnxValue {
  const channels = x.shape[1]!;
  const weight = g.expand(g.scalar(1 / sizeOf(windows.sizes)), [channels, 1, ...windows.sizes]);
  return spread(g, dy, weight, windows, channels);
}

/** Poolings of tfjs, with channels last, in two and three dimensions. */
export const pools: KernelTable = {
  MaxPool: pooling('MaxPool'),
  MaxPool3D: pooling('MaxPool'),
  AvgPool: pooling('AveragePool'),
  AvgPool3D: pooling('AveragePool'),
  MaxPoolGrad: gradientForm(ofLargest),
  MaxPool3DGrad: gradientForm(ofLargest),
  AvgPoolGrad: gradientForm(ofAverage),
  AvgPool3DGrad: gradientForm(ofAverage),
};

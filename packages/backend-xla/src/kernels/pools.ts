import { sameShape } from '@reidkit/core-tensor';
import type { HloProgram } from '../stablehlo/program.ts';
import type { HloValue } from '../stablehlo/values.ts';
import type { KernelForm, KernelTable } from './kernel-form.ts';
import { foldWindows, giveToAll, giveToLargest, windowCounts } from './window-folds.ts';
import { channelsFirst, channelsLast, isChannelsFirst, poolingWindows, type Windows } from './windows.ts';

/** Every window meets an element. */
const isUsual = ({ sizes, before, after, outputs }: Windows): boolean =>
  sizes.every((size, i) => before[i]! < size && after[i]! < size && before[i]! >= 0 && outputs[i]! > 0);

const pooling = (pool: (p: HloProgram, x: HloValue, windows: Windows) => HloValue): KernelForm => ({
  takes: ({ x }, attributes) => !isChannelsFirst(attributes) && isUsual(poolingWindows(x!.shape, attributes)),
  emit: (p, { x }, attributes) => channelsLast(p, pool(p, channelsFirst(p, x!), poolingWindows(x!.shape, attributes))),
});

/** Whether a gradient is of the shape that its pooling gives. */
const agrees = ({ outputs }: Windows, dy: HloValue): boolean => sameShape(outputs, dy.shape.slice(1, -1));

const gradientForm = (gradient: (p: HloProgram, x: HloValue, dy: HloValue, windows: Windows) => HloValue): KernelForm => ({
  takes: ({ dy, input }, attributes) => {
    const windows = poolingWindows(input!.shape, attributes);
    return !isChannelsFirst(attributes) && isUsual(windows) && agrees(windows, dy!);
  },
  emit: (p, { dy, input }, attributes) =>
    channelsLast(p, gradient(p, channelsFirst(p, input!), channelsFirst(p, dy!), poolingWindows(input!.shape, attributes))),
});

const largest = pooling((p, x, windows) => foldWindows(p, 'maximum', x, windows));
const average = pooling((p, x, windows) => p.div(foldWindows(p, 'add', x, windows), windowCounts(p, windows)));
const ofLargest = gradientForm(giveToLargest);
/** tfjs divides by the whole window also where it lies on padding, which its pooling does not count. */
const ofAverage = gradientForm((p, _x, dy, windows) => giveToAll(p, dy, windows));

/** Poolings of tfjs, with channels last, in two and three dimensions. */
export const pools: KernelTable = {
  MaxPool: largest,
  MaxPool3D: largest,
  AvgPool: average,
  AvgPool3D: average,
  MaxPoolGrad: ofLargest,
  MaxPool3DGrad: ofLargest,
  AvgPoolGrad: ofAverage,
  AvgPool3DGrad: ofAverage,
};

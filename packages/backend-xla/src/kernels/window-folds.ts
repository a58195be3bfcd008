import { type Folding, foldingRegion, type HloProgram } from '../stablehlo/program.ts';
import { sizeOf } from '../stablehlo/shapes.ts';
import { type HloValue, listText, typeText } from '../stablehlo/values.ts';
import type { Windows } from './windows.ts';

/** Numbers of the image's axes with others before them and behind: images `[B, C, …]` or `[B, …, C]`. */
type Around = (lengths: readonly number[], others: number) => number[];

/** For axes behind batch and channels. */
const behindChannels: Around = (lengths, others) => [others, others, ...lengths];

/** Folds every window into one number; what lies outside the image has no part in it. `x [B, C, …] → [B, C, …]`. */
export function foldWindows(p: HloProgram, op: Folding, x: HloValue, windows: Windows): HloValue {
  const { sizes, strides, before, after, outputs } = windows;
  const init = p.splat(op === 'maximum' ? -Infinity : 0, [], x.type);
  const pads = behindChannels(before, 0).map((width, i) => `[${width}, ${behindChannels(after, 0)[i]!}]`);
  const ones = listText(x.shape.map(() => 1));
  const attributes = {
    window_dimensions: listText(behindChannels(sizes, 1)),
    window_strides: listText(behindChannels(strides, 1)),
    base_dilations: ones,
    window_dilations: ones,
    padding: `dense<[${pads.join(', ')}]> : tensor<${x.shape.length}x2xi64>`,
  };
  const shape = [...x.shape.slice(0, 2), ...outputs];
  return p.one('reduce_window', [x, init], shape, attributes, x.type, [foldingRegion(op, x.type)]);
}

/** How many elements of the image lie in each window, `[1, 1, …]`. */
export function windowCounts(p: HloProgram, { inputs, outputs, sizes, strides, before }: Windows): HloValue {
  const perAxis = outputs.map((length, axis) =>
    Array.from({ length }, (_, i) => {
      const from = i * strides[axis]! - before[axis]!;
      return Math.min(inputs[axis]!, from + sizes[axis]!) - Math.max(0, from);
    }),
  );
  return perAxis
    .map((counts, axis) =>
      p.constant(Float32Array.from(counts), [1, 1, ...outputs.map((_, i) => (i === axis ? counts.length : 1))], 'float32'),
    ) // prettier-ignore
    .reduce((product, counts) => p.mul(product, counts));
}

/** Gives every window's gradient to its largest element, to the first of equals: `x, dy [B, C, …]` → `[B, C, …]`. */
export function giveToLargest(p: HloProgram, x: HloValue, dy: HloValue, { sizes, strides, before, after }: Windows): HloValue {
  // With padding of its own, the operation would take what lies outside for zeros.
  const [low, high] = [behindChannels(before, 0), behindChannels(after, 0)];
  const outside = p.pad(x, low, high, { value: -Infinity });
  const [scalar, truth] = [typeText({ shape: [], type: 'float32' }), typeText({ shape: [], type: 'bool' })];
  const compare = `%f = "stablehlo.compare"(%a, %b) <{comparison_direction = #stablehlo<comparison_direction GE>}> : (${scalar}, ${scalar}) -> ${truth}`;
  const select = `{\n    ^bb0(%a: ${scalar}, %b: ${scalar}):\n      ${compare}\n      "stablehlo.return"(%f) : (${truth}) -> ()\n    }`;
  const attributes = {
    window_dimensions: listText(behindChannels(sizes, 1)),
    window_strides: listText(behindChannels(strides, 1)),
    padding: `dense<0> : tensor<${x.shape.length}x2xi64>`,
  };
  const regions = [select, foldingRegion('add', 'float32')];
  const given = p.one('select_and_scatter', [outside, dy, p.splat(0, [])], outside.shape, attributes, 'float32', regions);
  const cut = (widths: readonly number[]): number[] => widths.map((width) => -width);
  return p.pad(given, cut(low), cut(high));
}

/** Gives every window's gradient, divided by the size of a window, to all of its elements: `dy [B, C, …]` → `[B, C, …]`. */
export function giveToAll(p: HloProgram, dy: HloValue, { inputs, sizes, strides, before }: Windows): HloValue {
  const low = sizes.map((size, i) => size - 1 - before[i]!);
  const between = strides.map((stride) => stride - 1);
  const high = inputs.map((length, i) => length + sizes[i]! - 1 - low[i]! - ((dy.shape[i + 2]! - 1) * strides[i]! + 1));
  const spread = p.pad(p.mul(dy, 1 / sizeOf(sizes)), behindChannels(low, 0), behindChannels(high, 0), {
    between: behindChannels(between, 0),
  });
  const none = inputs.map(() => 0);
  const every: Windows = { inputs: spread.shape.slice(2), outputs: inputs, sizes, strides: none.map(() => 1), dilations: none.map(() => 1), before: none, after: none }; // prettier-ignore
  return foldWindows(p, 'add', spread, every);
}

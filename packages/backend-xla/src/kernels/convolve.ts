import type { HloProgram } from '../stablehlo/program.ts';
import { range } from '../stablehlo/shapes.ts';
import { type HloValue, listText } from '../stablehlo/values.ts';

/** How the windows of a convolution lie; one number for each axis of the image. */
export interface ConvolutionGeometry {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before the first element and behind the last; as much behind as the outputs need. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly groups: number;
}

/** Names of the axes of image, filter and result: `b` batch, `f` features, `o` and `i` features out and in, numbers for those of the image. */
type Axes = readonly [image: string, filter: string, result: string];

interface General {
  readonly axes: Axes;
  readonly strides: readonly number[];
  readonly spread: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly featureGroups?: number;
  readonly batchGroups?: number;
}

const lengthsOf = (x: HloValue, names: string): number[] => [...names].flatMap((name, axis) => (/\d/.test(name) ? [x.shape[axis]!] : []));
const lengthOf = (x: HloValue, names: string, name: string): number => x.shape[names.indexOf(name)]!;

/** How far a filter or a spread image reaches. */
const reach = (length: number, step: number): number => (length - 1) * step + 1;

function general(p: HloProgram, image: HloValue, filter: HloValue, given: General): HloValue {
  const { axes, strides, spread, dilations, before, after, featureGroups = 1, batchGroups = 1 } = given;
  const [imageAxes, filterAxes, resultAxes] = axes;
  const sizes = lengthsOf(filter, filterAxes);
  const lengths = lengthsOf(image, imageAxes).map((length, i) => {
    const padded = reach(length, spread[i]!) + before[i]! + after[i]!;
    return Math.floor((padded - reach(sizes[i]!, dilations[i]!)) / strides[i]!) + 1;
  });
  const parts: Record<string, number> = { b: lengthOf(image, imageAxes, 'b') / batchGroups, f: lengthOf(filter, filterAxes, 'o') };
  const named = (text: string): string => `[${[...text].join(', ')}]`;
  const pads = before.map((width, i) => `[${width}, ${after[i]!}]`).join(', ');
  const attributes = p.precisely({
    window_strides: listText(strides),
    padding: `dense<[${pads}]> : tensor<${before.length}x2xi64>`,
    lhs_dilation: listText(spread),
    rhs_dilation: listText(dilations),
    dimension_numbers: `#stablehlo.conv<${named(imageAxes)}x${named(filterAxes)}->${named(resultAxes)}>`,
    feature_group_count: `${featureGroups} : i64`,
    batch_group_count: `${batchGroups} : i64`,
  });
  const shape = [...resultAxes].map((name) => parts[name] ?? lengths[Number(name)]!);
  return p.one('convolution', [image, filter], shape, attributes);
}

const axisNames = (x: HloValue): string => range(x.shape.length - 2).join('');
const ones = (x: HloValue): number[] => range(x.shape.length - 2).map(() => 1);

/** `x [B, C, …]`, filter `[O, C / groups, …]` → `[B, O, …]` */
export function convolve(p: HloProgram, x: HloValue, filter: HloValue, geometry: ConvolutionGeometry): HloValue {
  const image = axisNames(x);
  const axes: Axes = [`bf${image}`, `oi${image}`, `bf${image}`];
  return general(p, x, filter, { ...geometry, axes, spread: ones(x), featureGroups: geometry.groups });
}

/** Filter `[O, I / groups, …] → [O / groups, I, …]`: features in and out change places within each group. */
function swapped(p: HloProgram, filter: HloValue, groups: number): HloValue {
  if (groups === 1) return filter;
  const [outputs, inputs, ...sizes] = filter.shape as [number, number, ...number[]];
  const apart = p.reshape(filter, [groups, outputs / groups, inputs, ...sizes]);
  const turned = p.transpose(apart, [1, 0, 2, ...sizes.map((_, i) => i + 3)]);
  return p.reshape(turned, [outputs / groups, groups * inputs, ...sizes]);
}

/** Gradient of a convolution's input, of the lengths that are given: the spread gradient convolved with the filter turned around. */
export function convolutionInputGradient(
  p: HloProgram,
  dy: HloValue,
  filter: HloValue,
  lengths: readonly number[],
  { strides, dilations, before, groups }: ConvolutionGeometry,
): HloValue {
  const sizes = filter.shape.slice(2);
  const first = before.map((width, i) => reach(sizes[i]!, dilations[i]!) - 1 - width);
  const last = lengths.map((length, i) => length + reach(sizes[i]!, dilations[i]!) - 1 - reach(dy.shape[i + 2]!, strides[i]!) - first[i]!);
  const image = axisNames(dy);
  const turned = p.reverse(swapped(p, filter, groups), sizes.map((_, i) => i + 2)); // prettier-ignore
  const axes: Axes = [`bf${image}`, `io${image}`, `bf${image}`];
  return general(p, dy, turned, { axes, strides: ones(dy), spread: strides, dilations, before: first, after: last, featureGroups: groups });
}

/** Gradient of a convolution's filter `[O, I / groups, …]`: the input convolved with the gradient, features in the place of the batch. */
export function convolutionFilterGradient(
  p: HloProgram,
  x: HloValue,
  dy: HloValue,
  sizes: readonly number[],
  { strides, dilations, before, groups }: ConvolutionGeometry,
): HloValue {
  const image = axisNames(x);
  const after = sizes.map(
    (size, i) => reach(size, dilations[i]!) + reach(dy.shape[i + 2]!, strides[i]!) - 1 - x.shape[i + 2]! - before[i]!,
  );
  const axes: Axes = [`fb${image}`, `io${image}`, `fb${image}`];
  return general(p, x, dy, { axes, strides: dilations, spread: ones(x), dilations: strides, before, after, batchGroups: groups });
}

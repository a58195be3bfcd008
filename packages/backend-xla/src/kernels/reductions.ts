import type { KernelAttributes } from '@reidkit/core-tensor';
import type { Folding, HloProgram } from '../stablehlo/program.ts';
import { sizeOf, withLength } from '../stablehlo/shapes.ts';
import { type HloType, type HloValue, listText, typeText } from '../stablehlo/values.ts';
import { ANY, axesOf, axisOf, type KernelForm, type KernelTable, NUMBERS } from './kernel-form.ts';

const reduction = (op: Folding, types: readonly HloType[], attribute = 'axis'): KernelForm => ({
  types,
  emit: (p, { x }, attributes) => p.reduce(op, x!, axesOf(attributes[attribute], x!), attributes.keepDims === true),
});

/** Mean over axes, in float32. */
export function meanOf(p: HloProgram, x: HloValue, axes: readonly number[], keep = false): HloValue {
  const count = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
  return p.div(p.reduce('add', p.convert(x, 'float32'), axes, keep), count);
}

/** Keeps the better of two numbers with its place; of equals, the earlier place. */
function placeRegion(direction: 'GT' | 'LT', type: HloType): string {
  const [value, place, truth] = [type, 'int32', 'bool'].map((each) => typeText({ shape: [], type: each as HloType }));
  const compare = (to: string, how: string, a: string, b: string, of: string): string =>
    `%${to} = "stablehlo.compare"(%${a}, %${b}) <{comparison_direction = #stablehlo<comparison_direction ${how}>}> : (${of}, ${of}) -> ${truth}`;
  const lines = [
    compare('better', direction, 'a', 'b', value!),
    compare('same', 'EQ', 'a', 'b', value!),
    compare('earlier', 'LT', 'i', 'j', place!),
    `%tie = "stablehlo.and"(%same, %earlier) : (${truth}, ${truth}) -> ${truth}`,
    `%first = "stablehlo.or"(%better, %tie) : (${truth}, ${truth}) -> ${truth}`,
    `%value = "stablehlo.select"(%first, %a, %b) : (${truth}, ${value}, ${value}) -> ${value}`,
    `%place = "stablehlo.select"(%first, %i, %j) : (${truth}, ${place}, ${place}) -> ${place}`,
    `"stablehlo.return"(%value, %place) : (${value}, ${place}) -> ()`,
  ];
  const given = `%a: ${value}, %i: ${place}, %b: ${value}, %j: ${place}`;
  return `{\n    ^bb0(${given}):\n${lines.map((line) => `      ${line}\n`).join('')}    }`;
}

/** The place of the largest or smallest, of the first of equals; NaNs are passed over. */
const place = (direction: 'GT' | 'LT'): KernelForm => ({
  types: ANY,
  emit: (p, { x }, attributes) => {
    const axis = axisOf(attributes.axis, x!);
    const last = direction === 'GT' ? -Infinity : Infinity;
    const numbers = x!.type === 'float32' ? p.where(p.compare('EQ', x!, x!), x!, last) : p.convert(x!, 'int32');
    const worst = x!.type === 'float32' ? last : Math.sign(last) * 2 ** 31 - (last > 0 ? 1 : 0);
    const shape = x!.shape.filter((_, i) => i !== axis);
    const inputs = [numbers, p.iota(x!.shape, axis), p.splat(worst, [], numbers.type), p.splat(2 ** 31 - 1, [], 'int32')];
    const results = [
      { shape, type: numbers.type },
      { shape, type: 'int32' as const },
    ];
    return p.many('reduce', inputs, results, { dimensions: listText([axis]) }, [placeRegion(direction, numbers.type)])[1]!;
  },
});

/** Largest of each row taken off, exponentials, and their sums. */
function exponentials(p: HloProgram, x: HloValue): { readonly shifted: HloValue; readonly raised: HloValue; readonly total: HloValue } {
  const last = [x.shape.length - 1];
  const shifted = p.sub(x, p.reduce('maximum', x, last, true));
  const raised = p.unary('exponential', shifted);
  return { shifted, raised, total: p.reduce('add', raised, last, true) };
}

/** Softmax over the last axis. */
export function softmax(p: HloProgram, x: HloValue): HloValue {
  const { raised, total } = exponentials(p, x);
  return p.div(raised, total);
}

/** Its logarithm. */
export function logSoftmax(p: HloProgram, x: HloValue): HloValue {
  const { shifted, total } = exponentials(p, x);
  return p.sub(shifted, p.unary('log', total));
}

/** Sums or products of all elements up to each: in every pass each element takes in a result twice as long. */
const cumulative = (op: 'add' | 'multiply'): KernelForm => ({
  types: NUMBERS,
  emit: (p, { x }, attributes: KernelAttributes) => {
    const axis = axisOf(attributes.axis, x!);
    const value = op === 'add' ? 0 : 1;
    const shifted = (old: HloValue, by: number): HloValue => {
      const widths = old.shape.map((_, i) => (i === axis ? by : 0));
      const opposite = widths.map((width) => -width);
      return attributes.reverse ? p.pad(old, opposite, widths, { value }) : p.pad(old, widths, opposite, { value });
    };
    let result = attributes.exclusive ? shifted(x!, 1) : x!;
    for (let reach = 1; reach < x!.shape[axis]!; reach *= 2) result = p.binary(op, result, shifted(result, reach));
    return result;
  },
});

/** Whether the first number comes before the second. */
function largestFirst(type: HloType): string {
  const [number, truth] = [typeText({ shape: [], type }), typeText({ shape: [], type: 'bool' })];
  const place = typeText({ shape: [], type: 'int32' });
  const compare = `%f = "stablehlo.compare"(%a, %b) <{comparison_direction = #stablehlo<comparison_direction GT>}> : (${number}, ${number}) -> ${truth}`;
  return `{\n    ^bb0(%a: ${number}, %b: ${number}, %i: ${place}, %j: ${place}):\n      ${compare}\n      "stablehlo.return"(%f) : (${truth}) -> ()\n    }`;
}

/** The k largest of each row with their places; of equals the first come first. */
function topK(p: HloProgram, x: HloValue, k: number): readonly HloValue[] {
  const axis = x.shape.length - 1;
  const places = p.iota(x.shape, axis);
  const attributes = { dimension: `${axis} : i64`, is_stable: 'true' };
  const sorted = p.many('sort', [x, places], [x, places], attributes, [largestFirst(x.type)]);
  return sorted.map((value) => p.slice(value, value.shape.map(() => 0), withLength(value.shape, axis, k))); // prettier-ignore
}

/** Kernels that fold axes. */
export const reductions: KernelTable = {
  Sum: reduction('add', NUMBERS),
  Mean: { types: ANY, emit: (p, { x }, { axis, keepDims }) => meanOf(p, x!, axesOf(axis, x!), keepDims === true) },
  Max: reduction('maximum', NUMBERS, 'reductionIndices'),
  Min: reduction('minimum', NUMBERS),
  Prod: reduction('multiply', NUMBERS),
  All: reduction('and', ['bool']),
  Any: reduction('or', ['bool']),
  ArgMax: place('GT'),
  ArgMin: place('LT'),
  Softmax: { emit: (p, { logits }) => softmax(p, logits!) },
  Cumsum: cumulative('add'),
  Cumprod: cumulative('multiply'),
  TopK: {
    types: NUMBERS,
    takes: ({ x }, { k }) => x!.shape.length > 0 && (k as number) > 0 && sizeOf(x!.shape) > 0,
    emit: (p, { x }, { k }) => topK(p, x!, k as number),
  },
};

import { sameShape } from '@reidkit/core-tensor';
import { broadcastShape, range, sizeOf, withLength } from './shapes.ts';
import { denseText, type HloArray, type HloType, type HloValue, listText, numberText, typeText } from './values.ts';

/** How exact products of float32 are: in float32, or as the device likes best (TF32 on NVIDIA cards since Ampere). */
export type ProductPrecision = 'highest' | 'default';

/** Numbers that are given to a program when it is loaded, because they would make its text long. */
export interface HeldConstant {
  readonly value: HloValue;
  readonly data: HloArray;
}

/** An input of a program. */
export interface HloArgument {
  readonly value: HloValue;
  /** The output that takes its memory. */
  readonly donatedTo?: number;
}

/** Which axes a product goes along. */
export interface DotAxes {
  /** Axes of both sides that stay, first in the result. */
  readonly batch?: readonly [a: readonly number[], b: readonly number[]];
  /** Axes that are summed over. */
  readonly over: readonly [a: readonly number[], b: readonly number[]];
}

/** Comparisons by StableHLO's names. */
export type Direction = 'EQ' | 'NE' | 'GT' | 'GE' | 'LT' | 'LE';

/** Operations that fold two numbers into one. */
export type Folding = 'add' | 'multiply' | 'maximum' | 'minimum' | 'and' | 'or';

/** Longest constant, in numbers, that the text of a program carries. */
const LONGEST_WRITTEN = 256;

const LEAST: Readonly<Record<HloType, number>> = { float32: -Infinity, float64: -Infinity, int32: -(2 ** 31), int64: -(2 ** 53), bool: 0 };
const MOST: Readonly<Record<HloType, number>> = { float32: Infinity, float64: Infinity, int32: 2 ** 31 - 1, int64: 2 ** 53, bool: 1 };

/** The number that leaves others as they are. */
function neutral(op: Folding, type: HloType): number {
  if (op === 'maximum') return LEAST[type];
  if (op === 'minimum') return MOST[type];
  return op === 'multiply' || op === 'and' ? 1 : 0;
}

const tupleText = (values: readonly Pick<HloValue, 'shape' | 'type'>[]): string => `(${values.map(typeText).join(', ')})`;
const resultText = (values: readonly Pick<HloValue, 'shape' | 'type'>[]): string =>
  values.length === 1 ? typeText(values[0]!) : tupleText(values);

/** `^bb0(…): %f = op(%a, %b); return %f` for scalars of a type. */
export function foldingRegion(op: Folding, type: HloType): string {
  const scalar = typeText({ shape: [], type });
  const fold = `%f = "stablehlo.${op}"(%a, %b) : (${scalar}, ${scalar}) -> ${scalar}`;
  return `{\n    ^bb0(%a: ${scalar}, %b: ${scalar}):\n      ${fold}\n      "stablehlo.return"(%f) : (${scalar}) -> ()\n    }`;
}

/**
 * A StableHLO program with static shapes that grows by one operation after another. Equal operations are made once. The methods below `one`
 * are the vocabulary that kernels are written in; each knows the shape of its result, and binary ones write broadcasting out.
 */
export class HloProgram {
  readonly held: HeldConstant[] = [];
  readonly precision: ProductPrecision;
  readonly #lines: string[] = [];
  readonly #made = new Map<string, readonly HloValue[]>();
  #count = 0;

  constructor(precision: ProductPrecision = 'highest') {
    this.precision = precision;
  }

  /** Adds an operation with several results; regions are text. */
  many(
    op: string,
    inputs: readonly HloValue[],
    results: readonly Pick<HloValue, 'shape' | 'type'>[],
    attributes: Readonly<Record<string, string>> = {},
    regions: readonly string[] = [],
  ): readonly HloValue[] {
    const list = Object.entries(attributes).map(([name, value]) => `${name} = ${value}`).join(', '); // prettier-ignore
    const named = list ? ` <{${list}}>` : '';
    const inside = regions.length > 0 ? ` (${regions.join(', ')})` : '';
    const call = `"stablehlo.${op}"(${inputs.map(({ name }) => name).join(', ')})${named}${inside} : ${tupleText(inputs)} -> ${resultText(results)}`;
    const known = this.#made.get(call);
    if (known) return known;
    const name = `%${this.#count++}`;
    const made = results.map(({ shape, type }, i): HloValue => ({ name: results.length === 1 ? name : `${name}#${i}`, shape, type }));
    this.#lines.push(`${results.length === 1 ? name : `${name}:${results.length}`} = ${call}`);
    this.#made.set(call, made);
    return made;
  }

  /** Adds an operation with one result, of the type of its first input unless given. */
  one(
    op: string,
    inputs: readonly HloValue[],
    shape: readonly number[],
    attributes: Readonly<Record<string, string>> = {},
    type: HloType = inputs[0]!.type,
    regions: readonly string[] = [],
  ): HloValue {
    return this.many(op, inputs, [{ shape, type }], attributes, regions)[0]!;
  }

  /** One number everywhere. */
  splat(value: number, shape: readonly number[], type: HloType = 'float32'): HloValue {
    return this.one('constant', [], shape, { value: `dense<${numberText(value, type)}> : ${typeText({ shape, type })}` }, type);
  }

  /** Numbers that belong to the program; long ones come in as inputs. */
  constant(data: HloArray, shape: readonly number[], type: HloType): HloValue {
    if (data.length > LONGEST_WRITTEN) {
      const value: HloValue = { name: `%held${this.held.length}`, shape, type };
      this.held.push({ value, data });
      return value;
    }
    if (data.length <= 1 || data.every((number) => Object.is(number, data[0]))) return this.splat(data[0] ?? 0, shape, type);
    return this.one('constant', [], shape, { value: `dense<${denseText(data, shape, type)}> : ${typeText({ shape, type })}` }, type);
  }

  /** Operation of one input that keeps the shape. */
  unary(op: string, x: HloValue, type: HloType = x.type): HloValue {
    return this.one(op, [x], x.shape, {}, type);
  }

  #pair(a: HloValue, b: HloValue | number): readonly [HloValue, HloValue] {
    if (typeof b === 'number') return [a, this.splat(b, a.shape, a.type)];
    const shape = broadcastShape(a.shape, b.shape);
    return [this.broadcast(a, shape), this.broadcast(b, shape)];
  }

  /** Operation of two inputs, which broadcast. */
  binary(op: string, a: HloValue, b: HloValue | number): HloValue {
    const [left, right] = this.#pair(a, b);
    return this.one(op, [left, right], left.shape);
  }

  add(a: HloValue, b: HloValue | number): HloValue {
    return this.binary('add', a, b);
  }

  sub(a: HloValue, b: HloValue | number): HloValue {
    return this.binary('subtract', a, b);
  }

  mul(a: HloValue, b: HloValue | number): HloValue {
    return this.binary('multiply', a, b);
  }

  div(a: HloValue, b: HloValue | number): HloValue {
    return this.binary('divide', a, b);
  }

  neg(x: HloValue): HloValue {
    return this.unary('negate', x);
  }

  /** A comparison: truth values. */
  compare(direction: Direction, a: HloValue, b: HloValue | number): HloValue {
    const [left, right] = this.#pair(a, b);
    return this.one(
      'compare',
      [left, right],
      left.shape,
      { comparison_direction: `#stablehlo<comparison_direction ${direction}>` },
      'bool',
    );
  }

  /** `yes` where the condition holds, `no` elsewhere; all three broadcast. */
  where(condition: HloValue, yes: HloValue, no: HloValue | number): HloValue {
    const other = typeof no === 'number' ? this.splat(no, yes.shape, yes.type) : no;
    const shape = broadcastShape(condition.shape, broadcastShape(yes.shape, other.shape));
    return this.one('select', [condition, yes, other].map((value) => this.broadcast(value, shape)), shape, {}, yes.type); // prettier-ignore
  }

  convert(x: HloValue, type: HloType): HloValue {
    return x.type === type ? x : this.unary('convert', x, type);
  }

  /** The nearest number between two bounds; NaN stays. */
  clamp(x: HloValue, least: number, most: number): HloValue {
    return this.one('clamp', [this.splat(least, [], x.type), x, this.splat(most, [], x.type)], x.shape, {}, x.type);
  }

  reshape(x: HloValue, shape: readonly number[]): HloValue {
    return sameShape(x.shape, shape) ? x : this.one('reshape', [x], shape);
  }

  transpose(x: HloValue, permutation: readonly number[]): HloValue {
    if (permutation.every((axis, i) => axis === i)) return x;
    return this.one('transpose', [x], permutation.map((axis) => x.shape[axis]!), { permutation: listText(permutation) }); // prettier-ignore
  }

  /** Repeated along axes of length 1 and new leading ones. */
  broadcast(x: HloValue, shape: readonly number[]): HloValue {
    if (sameShape(x.shape, shape)) return x;
    const lead = shape.length - x.shape.length;
    return this.broadcastAlong(x, shape, range(x.shape.length).map((axis) => axis + lead)); // prettier-ignore
  }

  /** Repeated to a shape: the axes of `x` become those that are named. */
  broadcastAlong(x: HloValue, shape: readonly number[], axes: readonly number[]): HloValue {
    return this.one('broadcast_in_dim', [x], shape, { broadcast_dimensions: listText(axes) });
  }

  /** Elements from `begin` on and before `end`. */
  slice(x: HloValue, begin: readonly number[], end: readonly number[], strides: readonly number[] = begin.map(() => 1)): HloValue {
    const shape = begin.map((from, axis) => Math.max(0, Math.ceil((end[axis]! - from) / strides[axis]!)));
    if (sameShape(shape, x.shape) && strides.every((stride) => stride === 1)) return x;
    const attributes = { start_indices: listText(begin), limit_indices: listText(end), strides: listText(strides) };
    return this.one('slice', [x], shape, attributes);
  }

  /** Part of one axis. */
  part(x: HloValue, axis: number, from: number, to: number): HloValue {
    return this.slice(x, withLength(x.shape.map(() => 0), axis, from), withLength(x.shape, axis, to)); // prettier-ignore
  }

  concat(values: readonly HloValue[], axis: number): HloValue {
    if (values.length === 1) return values[0]!;
    const length = values.reduce((sum, value) => sum + value.shape[axis]!, 0);
    return this.one('concatenate', values, withLength(values[0]!.shape, axis, length), { dimension: `${axis} : i64` });
  }

  /** A number around each axis and between its elements; negative widths cut. */
  pad(
    x: HloValue,
    before: readonly number[],
    after: readonly number[],
    { value = 0, between = before.map(() => 0) }: { readonly value?: number; readonly between?: readonly number[] } = {},
  ): HloValue {
    if ([...before, ...after, ...between].every((width) => width === 0)) return x;
    const shape = x.shape.map((length, axis) => length + before[axis]! + after[axis]! + Math.max(0, length - 1) * between[axis]!);
    const widths = { edge_padding_low: listText(before), edge_padding_high: listText(after), interior_padding: listText(between) };
    return this.one('pad', [x, this.splat(value, [], x.type)], shape, widths);
  }

  /** Elements of some axes in reverse order. */
  reverse(x: HloValue, axes: readonly number[]): HloValue {
    return axes.length === 0 ? x : this.one('reverse', [x], x.shape, { dimensions: listText(axes) });
  }

  /** Each element's place along an axis. */
  iota(shape: readonly number[], axis: number, type: HloType = 'int32'): HloValue {
    return this.one('iota', [], shape, { iota_dimension: `${axis} : i64` }, type);
  }

  /** Folds axes. */
  reduce(op: Folding, x: HloValue, axes: readonly number[], keep = false): HloValue {
    if (axes.length === 0) return x;
    const shape = x.shape.filter((_, axis) => !axes.includes(axis));
    const init = this.splat(neutral(op, x.type), [], x.type);
    const folded = this.one('reduce', [x, init], shape, { dimensions: listText(axes) }, x.type, [foldingRegion(op, x.type)]);
    return keep ? this.reshape(folded, x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length))) : folded; // prettier-ignore
  }

  #precise(): Readonly<Record<string, string>> {
    const each = `#stablehlo<precision ${this.precision.toUpperCase()}>`;
    return { precision_config: `[${each}, ${each}]` };
  }

  /** The general product: batch axes, then the other axes of `a`, then those of `b`. */
  dot(a: HloValue, b: HloValue, { batch = [[], []], over }: DotAxes): HloValue {
    const rest = ({ shape }: HloValue, side: 0 | 1): number[] =>
      shape.filter((_, axis) => !batch[side].includes(axis) && !over[side].includes(axis));
    const shape = [...batch[0].map((axis) => a.shape[axis]!), ...rest(a, 0), ...rest(b, 1)];
    const lists = { lhs_batching_dimensions: batch[0], rhs_batching_dimensions: batch[1], lhs_contracting_dimensions: over[0], rhs_contracting_dimensions: over[1] }; // prettier-ignore
    const axes = Object.entries(lists).map(([name, values]) => `${name} = [${values.join(', ')}]`);
    return this.one('dot_general', [a, b], shape, { dot_dimension_numbers: `#stablehlo.dot<${axes.join(', ')}>`, ...this.#precise() });
  }

  /** A product of matrices over leading axes, with either side transposed by its flag. */
  matmul(a: HloValue, b: HloValue, { transA = false, transB = false } = {}): HloValue {
    const lead = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const sides = [a.shape.at(transA ? -1 : -2)!, b.shape.at(transB ? -2 : -1)!];
    if (sizeOf(b.shape) === sizeOf(b.shape.slice(-2)) && !transA) {
      const rows = this.reshape(a, [sizeOf(a.shape.slice(0, -1)), a.shape.at(-1)!]);
      const product = this.dot(rows, this.reshape(b, b.shape.slice(-2)), { over: [[1], [transB ? 1 : 0]] });
      return this.reshape(product, [...lead, ...sides]);
    }
    const whole = (x: HloValue): HloValue => this.broadcast(x, [...lead, ...x.shape.slice(-2)]);
    const axes = range(lead.length);
    const [last, before] = [lead.length + 1, lead.length];
    return this.dot(whole(a), whole(b), { batch: [axes, axes], over: [[transA ? before : last], [transB ? last : before]] });
  }

  /** The text of a convolution's precision, for those who write the operation themselves. */
  precisely(attributes: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    return { ...attributes, ...this.#precise() };
  }

  /** The whole module: inputs, then long constants; results in order. */
  text(inputs: readonly HloArgument[], outputs: readonly HloValue[], name = 'step'): string {
    const all: readonly HloArgument[] = [...inputs, ...this.held];
    const given = all.map(({ value, donatedTo }) => {
      const donated = donatedTo === undefined ? '' : ` {tf.aliasing_output = ${donatedTo} : i32}`;
      return `${value.name}: ${typeText(value)}${donated}`;
    });
    const lines = this.#lines.map((line) => `    ${line}\n`).join('');
    const result = `    "func.return"(${outputs.map((value) => value.name).join(', ')}) : ${tupleText(outputs)} -> ()\n`;
    return `module @${name} {\n  func.func public @main(${given.join(', ')}) -> ${tupleText(outputs)} {\n${lines}${result}  }\n}\n`;
  }
}

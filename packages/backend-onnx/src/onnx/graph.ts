import { sameShape } from '@reidkit/core-tensor';

/** Element types of values in a graph. */
export type OnnxType = 'float16' | 'float32' | 'float64' | 'int32' | 'int64' | 'uint8' | 'bool';

/** How ONNX numbers them. */
export const ELEMENT_TYPE: Readonly<Record<OnnxType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
};

type OnnxArray = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** A value of a graph; a constant carries its numbers. */
export interface OnnxValue {
  name: string;
  readonly shape: readonly number[];
  readonly type: OnnxType;
  readonly data?: OnnxArray;
}

/** An attribute of a node: a whole number, a text, whole numbers, or `{ float }`. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** One operation of a graph. An input may be left out. */
export interface OnnxNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly (OnnxValue | undefined)[];
  readonly outputs: readonly OnnxValue[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** Shape and type of an output; the type is float32 unless given. */
export type OutputSpec = readonly [shape: readonly number[], type?: OnnxType];

/**
 * An ONNX graph with static shapes that grows by one operation after another. Equal operations are made once. The methods below `one` are
 * the vocabulary that kernels are written in; each knows the shape of its result.
 */
export class OnnxGraph {
  readonly nodes: OnnxNode[] = [];
  readonly inputs: OnnxValue[] = [];
  readonly outputs: OnnxValue[] = [];
  readonly #made = new Map<string, readonly OnnxValue[]>();
  #count = 0;

  #name(): string {
    return `v${this.#count++}`;
  }

  /** A named input of the graph. */
  input(name: string, shape: readonly number[], type: OnnxType): OnnxValue {
    const value: OnnxValue = { name, shape, type };
    this.inputs.push(value);
    return value;
  }

  /** Numbers that belong to the graph. */
  constant(data: OnnxArray, shape: readonly number[], type: OnnxType): OnnxValue {
    return { name: this.#name(), shape, type, data };
  }

  /** Makes one of the values an output under a name. */
  output(value: OnnxValue, name: string): void {
    const made = this.nodes.some(({ outputs }) => outputs.includes(value)) && !this.outputs.includes(value);
    if (made) {
      value.name = name;
      this.outputs.push(value);
      return;
    }
    const copy: OnnxValue = { name, shape: value.shape, type: value.type };
    this.nodes.push({ op: 'Identity', domain: '', inputs: [value], outputs: [copy], attributes: {} });
    this.outputs.push(copy);
  }

  /** Drops operations whose results nothing needs. */
  prune(): void {
    const needed = new Set<OnnxValue | undefined>(this.outputs);
    const kept: OnnxNode[] = [];
    for (const node of [...this.nodes].reverse()) {
      if (!node.outputs.some((value) => needed.has(value))) continue;
      for (const value of node.inputs) needed.add(value);
      kept.push(node);
    }
    this.nodes.splice(0, this.nodes.length, ...kept.reverse());
  }

  /** Constants that some operation reads. */
  usedConstants(): OnnxValue[] {
    return [...new Set(this.nodes.flatMap(({ inputs }) => inputs.filter((value): value is OnnxValue => value?.data !== undefined)))];
  }

  /** Adds an operation with several outputs. */
  node(
    op: string,
    inputs: readonly (OnnxValue | undefined)[],
    outputs: readonly OutputSpec[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): readonly OnnxValue[] {
    const key = `${outputs.length} ${domain}:${op}(${inputs.map((value) => value?.name ?? '')})${attributeText(attributes)}`;
    const held = this.#made.get(key);
    if (held) return held;
    const made = outputs.map(([shape, type = 'float32']): OnnxValue => ({ name: this.#name(), shape, type }));
    this.nodes.push({ op, domain, inputs, outputs: made, attributes });
    this.#made.set(key, made);
    return made;
  }

  /** Adds an operation with one output. */
  one(
    op: string,
    inputs: readonly (OnnxValue | undefined)[],
    shape: readonly number[],
    attributes: Readonly<Record<string, Attribute>> = {},
    type: OnnxType = inputs[0]?.type ?? 'float32',
    domain = '',
  ): OnnxValue {
    return this.node(op, inputs, [[shape, type]], attributes, domain)[0]!;
  }

  #memo(key: string, make: () => OnnxValue): OnnxValue {
    const held = this.#made.get(key);
    if (held) return held[0]!;
    const made = make();
    this.#made.set(key, [made]);
    return made;
  }

  /** A scalar constant. */
  scalar(value: number, type: OnnxType = 'float32'): OnnxValue {
    return this.#memo(`scalar ${type} ${Object.is(value, -0) ? '-0' : value}`, () => this.constant(arrayOf(type, [value]), [], type));
  }

  /** Whole numbers as ONNX wants them for shapes and axes (int64). */
  ints(values: readonly number[]): OnnxValue {
    return this.#memo(`ints ${values}`, () => this.constant(arrayOf('int64', values), [values.length], 'int64'));
  }

  /** One-input operation that keeps the shape. */
  unary(op: string, x: OnnxValue, attributes: Readonly<Record<string, Attribute>> = {}, type: OnnxType = x.type): OnnxValue {
    return this.one(op, [x], x.shape, attributes, type);
  }

  /** Two-input operation with broadcasting. */
  binary(op: string, a: OnnxValue, b: OnnxValue, type: OnnxType = a.type): OnnxValue {
    return this.one(op, [a, b], broadcast(a.shape, b.shape), {}, type);
  }

  add(a: OnnxValue, b: OnnxValue | number): OnnxValue {
    return this.binary('Add', a, this.#number(b, a));
  }

  sub(a: OnnxValue, b: OnnxValue | number): OnnxValue {
    return this.binary('Sub', a, this.#number(b, a));
  }

  mul(a: OnnxValue, b: OnnxValue | number): OnnxValue {
    return this.binary('Mul', a, this.#number(b, a));
  }

  div(a: OnnxValue, b: OnnxValue | number): OnnxValue {
    return this.binary('Div', a, this.#number(b, a));
  }

  #number(value: OnnxValue | number, like: OnnxValue): OnnxValue {
    return typeof value === 'number' ? this.scalar(value, like.type) : value;
  }

  cast(x: OnnxValue, type: OnnxType): OnnxValue {
    if (x.type === type) return x;
    return this.one('Cast', [x], x.shape, { to: ELEMENT_TYPE[type] }, type);
  }

  reshape(x: OnnxValue, shape: readonly number[]): OnnxValue {
    if (sameShape(x.shape, shape)) return x;
    return this.one('Reshape', [x, this.ints(shape)], shape);
  }

  transpose(x: OnnxValue, perm: readonly number[]): OnnxValue {
    if (perm.every((axis, i) => axis === i)) return x;
    return this.one(
      'Transpose',
      [x],
      perm.map((axis) => x.shape[axis]!),
      { perm },
    );
  }

  expand(x: OnnxValue, shape: readonly number[]): OnnxValue {
    return sameShape(x.shape, shape) ? x : this.one('Expand', [x, this.ints(shape)], shape);
  }

  slice(x: OnnxValue, begin: readonly number[], end: readonly number[], steps: readonly number[] = begin.map(() => 1)): OnnxValue {
    const shape = begin.map((from, axis) => Math.max(0, Math.ceil((end[axis]! - from) / steps[axis]!)));
    if (sameShape(shape, x.shape) && steps.every((step) => step === 1)) return x;
    const axes = begin.map((_, axis) => axis);
    return this.one('Slice', [x, this.ints(begin), this.ints(end), this.ints(axes), this.ints(steps)], shape);
  }

  concat(values: readonly OnnxValue[], axis: number): OnnxValue {
    if (values.length === 1) return values[0]!;
    const length = values.reduce((sum, value) => sum + value.shape[axis]!, 0);
    return this.one(
      'Concat',
      values,
      values[0]!.shape.map((old, i) => (i === axis ? length : old)),
      { axis },
    );
  }

  /** `yes` where the condition holds, `no` elsewhere. */
  where(condition: OnnxValue, yes: OnnxValue, no: OnnxValue): OnnxValue {
    return this.one('Where', [condition, yes, no], broadcast(condition.shape, broadcast(yes.shape, no.shape)), {}, yes.type);
  }

  /** A value around each axis; negative widths cut. */
  pad(x: OnnxValue, before: readonly number[], after: readonly number[], value = 0): OnnxValue {
    if ([...before, ...after].every((width) => width === 0)) return x;
    const shape = x.shape.map((length, axis) => length + before[axis]! + after[axis]!);
    return this.one('Pad', [x, this.ints([...before, ...after]), this.scalar(value, x.type)], shape, { mode: 'constant' });
  }

  /** Slices of an axis by index. */
  gather(x: OnnxValue, indices: OnnxValue, axis: number): OnnxValue {
    return this.one('Gather', [x, indices], [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)], { axis });
  }

  /** Whole numbers that belong to the graph. */
  wholes(values: readonly number[], shape: readonly number[] = [values.length]): OnnxValue {
    return this.#memo(`wholes ${values} [${shape}]`, () => this.constant(arrayOf('int32', values), shape, 'int32'));
  }

  split(x: OnnxValue, sizes: readonly number[], axis: number): readonly OnnxValue[] {
    const specs = sizes.map((size): OutputSpec => [x.shape.map((old, i) => (i === axis ? size : old)), x.type]);
    return this.node('Split', [x, this.ints(sizes)], specs, { axis });
  }

  /** `ReduceSum`, `ReduceMean`, … over some axes. */
  reduce(op: string, x: OnnxValue, axes: readonly number[], keep = false): OnnxValue {
    const shape = keep ? x.shape.map((length, i) => (axes.includes(i) ? 1 : length)) : x.shape.filter((_, i) => !axes.includes(i));
    if (axes.length === 0) return x;
    return this.one(op, [x, this.ints(axes)], shape, { keepdims: keep ? 1 : 0 });
  }

  /** `alpha · a b` over leading axes, with either side transposed by its flag; no transposed copy is made. */
  matmul(a: OnnxValue, b: OnnxValue, { transA = false, transB = false, alpha = 1 } = {}): OnnxValue {
    const sides = [a.shape.at(transA ? -1 : -2)!, b.shape.at(transB ? -2 : -1)!];
    const flags = { transA: Number(transA), transB: Number(transB), alpha: { float: alpha } };
    if (a.shape.length === 2 && b.shape.length === 2) return this.one('Gemm', [a, b], sides, flags);
    const shape = [...broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2)), ...sides];
    const isPlain = !transA && !transB && alpha === 1;
    return isPlain ? this.one('MatMul', [a, b], shape) : this.one('FusedMatMul', [a, b], shape, flags, 'float32', 'com.microsoft');
  }
}

/** Attributes as text that differs where they do: JSON has no infinities. */
const attributeText = (attributes: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(attributes, (_, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value));

/** The shape that two shapes broadcast to. */
export function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    return x === 1 ? y : x;
  });
}

/** An array of the type that holds a value's numbers. */
export function arrayOf(type: OnnxType, values: readonly number[]): OnnxArray {
  if (type === 'float32') return Float32Array.from(values);
  if (type === 'float64') return Float64Array.from(values);
  if (type === 'int32') return Int32Array.from(values);
  if (type === 'bool' || type === 'uint8') return Uint8Array.from(values);
  return BigInt64Array.from(values, BigInt);
}
